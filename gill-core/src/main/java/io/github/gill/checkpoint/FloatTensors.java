package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.nio.ByteBuffer;

/** Reads small tensors of any floating-point type onto the heap. */
public final class FloatTensors {

  private FloatTensors() {}

  /**
   * Reads a tensor.
   *
   * @param checkpoint where from
   * @param name its name
   * @return its numbers in row-major order, rounded to fp32 where the file has more
   * @throws ModelFileException if there is no such tensor or it does not hold numbers
   */
  public static float[] read(Checkpoint checkpoint, String name) {
    TensorInfo info = checkpoint.tensors().get(name);
    if (info == null) {
      throw new ModelFileException(
          checkpoint.source() + " has no tensor \"" + name + "\"; use a GILL checkpoint");
    }
    ByteBuffer bytes = checkpoint.bytes(name).duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN);
    float[] numbers = new float[Math.toIntExact(info.elements())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (info.type()) {
            case F64 -> (float) bytes.getDouble(8 * i);
            case F32 -> bytes.getFloat(4 * i);
            case F16 -> fromHalf(bytes.getShort(2 * i));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
            case I64 -> bytes.getLong(8 * i);
            case I32 -> bytes.getInt(4 * i);
            case I8 -> bytes.get(i);
            case U8 -> bytes.get(i) & 0xff;
            case BOOL ->
                throw new ModelFileException(
                    checkpoint.source() + ": " + name + " holds truth values, expected numbers");
          };
    }
    return numbers;
  }

  /**
   * Widens a 16-bit float.
   *
   * @param half the bits of an IEEE 754 binary16 number
   * @return the same number
   */
  public static float fromHalf(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }
}
