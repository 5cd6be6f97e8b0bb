package io.github.gill.spi;

import java.awt.image.BufferedImage;
import java.util.function.Supplier;

/**
 * How a long piece of work stays in touch with the request it belongs to.
 *
 * <p>All methods are called from the thread that does the work.
 */
public interface Progress {

  /**
   * Ends the work here if the request was cancelled, timed out or its thread interrupted. Called at
   * least once per decoder token and per denoising step.
   *
   * @throws io.github.gill.GillException if the work should end
   */
  void check();

  /**
   * Tells that a denoising step is done.
   *
   * @param step the step's number from 1
   * @param steps how many there will be
   * @param preview draws the picture as it stands, cheaply; called only if someone wants it
   */
  default void step(int step, int steps, Supplier<BufferedImage> preview) {}

  /**
   * Says whether intermediate tensors are wanted.
   *
   * @return true if {@link #trace} does something
   */
  default boolean tracing() {
    return false;
  }

  /**
   * Records an intermediate tensor.
   *
   * @param name the tensor's name within the current part of the answer, for example {@code
   *     latents}
   * @param values its numbers in row-major order; copied before this returns
   * @param shape the size of each axis
   */
  default void trace(String name, float[] values, long... shape) {}

  /** Progress of work that nobody watches or cancels. */
  Progress NONE = () -> {};
}
