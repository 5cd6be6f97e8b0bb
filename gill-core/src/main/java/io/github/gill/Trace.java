package io.github.gill;

/** Receives the intermediate tensors of one answer, for comparison with the original. */
@FunctionalInterface
public interface Trace {

  /**
   * Takes a tensor.
   *
   * @param name its name, for example {@code last_hidden} or {@code image0.latents}
   * @param values its numbers in row-major order; valid only during the call
   * @param shape the size of each axis
   */
  void tensor(String name, float[] values, long... shape);
}
