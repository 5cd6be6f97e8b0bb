package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Rows of floating-point numbers that lie somewhere in a file.
 *
 * @param source what they lie in
 * @param position the first number's first byte
 * @param info their type, and one or two axes
 * @param strides the distance between neighbours on each axis, in numbers
 */
record NumberArray(ByteSource source, long position, TensorInfo info, List<Long> strides) {

  /** Returns the number of rows, 1 for a vector. */
  long rows() {
    return info.shape().size() == 2 ? info.shape().get(0) : 1;
  }

  /** Returns the length of each row. */
  long columns() {
    return info.shape().get(info.shape().size() - 1);
  }

  /**
   * Reads one row.
   *
   * @param row its index from 0
   * @param target gets its {@link #columns} numbers
   * @param scratch at least 8 bytes per number
   */
  void read(long row, float[] target, byte[] scratch) {
    int size = info.type().bytes();
    long start = position + (info.shape().size() == 2 ? row * strides.get(0) * size : 0);
    long step = strides.get(strides.size() - 1) * size;
    int bytes = target.length * size;
    if (step == size) {
      source.check(start, bytes);
      source.get(start, scratch, 0, bytes);
    } else {
      for (int i = 0; i < target.length; i++) {
        source.check(start + i * step, size);
        source.get(start + i * step, scratch, i * size, size);
      }
    }
    ByteBuffer numbers = ByteBuffer.wrap(scratch, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (info.type()) {
      case F32 -> numbers.asFloatBuffer().get(target);
      case F64 -> {
        for (int i = 0; i < target.length; i++) {
          target[i] = (float) numbers.getDouble();
        }
      }
      case F16 -> {
        for (int i = 0; i < target.length; i++) {
          target[i] = FloatTensors.fromHalf(numbers.getShort());
        }
      }
      case BF16 -> {
        for (int i = 0; i < target.length; i++) {
          target[i] = Float.intBitsToFloat(numbers.getShort() << 16);
        }
      }
      default -> throw new IllegalStateException(info.type() + " is not a floating-point type");
    }
  }

  @Override
  public String toString() {
    return "an array";
  }
}
