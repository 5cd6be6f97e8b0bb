package io.github.gill.runtime;

import java.util.Locale;

/** The floating-point type in which a network's weights are held and its layers computed. */
public enum Precision {
  /** IEEE 754 binary32; the default on the CPU. */
  FP32(6, 4),
  /** IEEE 754 binary16; the default for diffusion on CUDA. */
  FP16(5, 2),
  /** bfloat16; the default for the language model on CUDA devices that have it. */
  BF16(15, 2);

  private final int torchType;
  private final int bytes;

  Precision(int torchType, int bytes) {
    this.torchType = torchType;
    this.bytes = bytes;
  }

  /**
   * Returns the number by which libtorch knows this type.
   *
   * @return the value of {@code c10::ScalarType}
   */
  public int torchType() {
    return torchType;
  }

  /**
   * Returns the size of one number.
   *
   * @return bytes per number, 2 or 4
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Parses a name as the command line spells it.
   *
   * @param name {@code fp32}, {@code fp16} or {@code bf16}, in any case
   * @return the precision of that name
   * @throws IllegalArgumentException if there is none
   */
  public static Precision parse(String name) {
    for (Precision precision : values()) {
      if (precision.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return precision;
      }
    }
    throw new IllegalArgumentException("precision is \"" + name + "\"; use fp32, fp16 or bf16");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
