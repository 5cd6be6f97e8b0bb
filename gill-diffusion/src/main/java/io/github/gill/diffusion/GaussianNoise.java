package io.github.gill.diffusion;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;

/**
 * The random stream of one request: libtorch's CPU generator, so that a seed gives the numbers it
 * gives the reference, whatever else runs and on whichever device.
 */
final class GaussianNoise implements Noise, AutoCloseable {

  private final Program program;
  private final Value generator;

  /**
   * Starts a stream.
   *
   * @param program {@code noise.py}, which stays the caller's
   * @param seed any number
   */
  GaussianNoise(Program program, long seed) {
    this.program = program;
    try (Scope scope = new Scope()) {
      generator = scope.detach(program.call(scope, "generator", seed));
    }
  }

  /**
   * Draws the next numbers.
   *
   * @param shape how many, by axis: the reference's stream depends on the total only
   * @return standard normal numbers
   */
  @Override
  public float[] draw(long... shape) {
    try (Scope scope = new Scope()) {
      return program.call(scope, "normal", generator, shape).toFloats();
    }
  }

  /** Frees the generator. */
  @Override
  public void close() {
    generator.close();
  }
}
