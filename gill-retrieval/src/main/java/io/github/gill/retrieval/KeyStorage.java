package io.github.gill.retrieval;

import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.ComputeDevice;
import java.util.Locale;

/**
 * How an index keeps the keys that every search reads, which is what it takes in memory. The answer
 * is the same: whatever can be among the best is scored from fp32 keys, which stay on the disk.
 */
public enum KeyStorage {

  /** Two bytes for each number of a key. */
  FP16(TensorType.F16) {
    @Override
    double error(int size, double rounding) {
      return 0x1p-9 + size * SUMMING;
    }
  },

  /**
   * One byte for each number, and two for each key; up to some dozen more keys are read exactly.
   */
  INT8(TensorType.I8) {
    @Override
    double error(int size, double rounding) {
      return rounding + 0x1p-7 + size * SUMMING;
    }
  };

  private static final double SUMMING = 0x1p-23;

  private final TensorType type;

  KeyStorage(TensorType type) {
    this.type = type;
  }

  /**
   * Bounds what a scan takes from or adds to the cosine of two vectors of unit length.
   *
   * <p>In 16 bits, rounding both to 11 significant bits moves it by at most 2 · 2⁻¹¹ and rounding
   * the result by 2⁻¹¹. In 8 bits, it is moved by the length that the rounding moved the key, and
   * by at most 2 · 2⁻⁹ as query and result are rounded to bfloat16. Summing R products in fp32 adds
   * R · 2⁻²⁴. The bound is a little over their sum; its tests compare it with what is measured.
   *
   * @param size R, the length of a key
   * @param rounding by what length rounding moved any key at most
   */
  abstract double error(int size, double rounding);

  /** The same on a device: CUDA's library may round partial sums to 16 bits too. */
  double error(int size, double rounding, ComputeDevice device) {
    return (device.cuda() ? 2 : 1) * error(size, rounding);
  }

  /** The type of the rounded keys. */
  TensorType type() {
    return type;
  }

  /**
   * Parses a name as the command line spells it.
   *
   * @param name {@code fp16} or {@code int8}, in any case
   * @return the storage of that name
   * @throws IllegalArgumentException if there is none
   */
  public static KeyStorage parse(String name) {
    for (KeyStorage storage : values()) {
      if (storage.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return storage;
      }
    }
    throw new IllegalArgumentException("keys is \"" + name + "\"; use fp16 or int8");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
