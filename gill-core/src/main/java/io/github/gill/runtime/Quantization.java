package io.github.gill.runtime;

import java.util.Locale;

/**
 * How many bits the language model's linear layers keep per weight.
 *
 * <p>Embeddings stay as the checkpoint has them, in its mapped file; norms and biases are fp32.
 * Sums are fp32 in every case.
 */
public enum Quantization {
  /**
   * The checkpoint's own numbers. On the CPU those of fp16 files stay 16 bits and are widened as
   * they are multiplied; the result is that of fp32 weights.
   */
  NONE,
  /**
   * 8 bits and one scale for each output, symmetric. The language model takes half the memory of
   * fp16. Activations keep 14 bits. Where a CUDA device cannot multiply 8 bits, or a layer's shape
   * is not in multiples of 8, weights are widened to the computing type as they are multiplied,
   * which saves memory and no time.
   */
  INT8,
  /**
   * 4 bits, a bfloat16 scale and zero point for every 128 inputs of an output (or 64, or 32, where
   * 128 does not divide them); activations in bfloat16. Layers whose shape does not allow it take
   * {@link #INT8}, and so does the output head on the CPU; on CUDA the head stays as it is. 4.25
   * bits for each weight of a layer. CUDA needs a chip of compute capability 8.0.
   */
  INT4;

  /**
   * Parses a name as the command line spells it.
   *
   * @param name {@code none}, {@code int8} or {@code int4}, in any case
   * @return the quantization of that name
   * @throws IllegalArgumentException if there is none
   */
  public static Quantization parse(String name) {
    for (Quantization quantization : values()) {
      if (quantization.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return quantization;
      }
    }
    throw new IllegalArgumentException("quantize is \"" + name + "\"; use none, int8 or int4");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
