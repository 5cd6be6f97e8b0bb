package io.github.gill.vision;

import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;

/**
 * CLIP's image encoder (Radford et al. 2021).
 *
 * <p>Called by one thread at a time per device.
 */
public final class ClipVision implements AutoCloseable {

  private final ClipVisionConfig config;
  private final Program program;
  private final Weights weights;

  /**
   * Makes an encoder.
   *
   * @param config its shape
   * @param weights loaded by {@link ClipVisionConfig#layout()}, which the encoder rearranges,
   *     closes with itself, and which may be packed after this, not before
   */
  public ClipVision(ClipVisionConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
    this.program = PackedLayers.load(ClipVision.class, "clip_vision.py");
    try (Scope scope = new Scope()) {
      program.call(scope, "join", weights, config.layers());
    }
  }

  /**
   * Returns the encoder's shape.
   *
   * @return the configuration it was made with
   */
  public ClipVisionConfig config() {
    return config;
  }

  /**
   * Encodes pictures into {@code pooler_output}.
   *
   * @param pixels normalised pixels of one or more pictures, each 3 × S × S in row-major order
   * @return one row of D numbers per picture
   */
  public Matrix pooled(float[]... pixels) {
    int side = config.side();
    int size = 3 * side * side;
    float[] batch = new float[Math.multiplyExact(pixels.length, size)];
    for (int i = 0; i < pixels.length; i++) {
      if (pixels[i].length != size) {
        throw new IllegalArgumentException(
            pixels[i].length + " numbers for a picture of 3 × " + side + " × " + side);
      }
      System.arraycopy(pixels[i], 0, batch, i * size, size);
    }
    try (Scope scope = new Scope()) {
      Value pooled =
          program.call(
              scope,
              "forward",
              weights,
              scope.floats(batch, pixels.length, 3, side, side),
              config.layers(),
              config.heads(),
              config.quickGelu(),
              config.epsilon());
      return new Matrix(pixels.length, config.hidden(), pooled.toFloats());
    }
  }

  /**
   * Projects pooled features into CLIP's joint space of pictures and texts.
   *
   * @param pooled as {@link #pooled} returns them
   * @return one row of F numbers per picture, not normalised
   */
  public Matrix features(Matrix pooled) {
    try (Scope scope = new Scope()) {
      Value features =
          program.call(
              scope,
              "features",
              weights,
              scope.floats(pooled.values(), pooled.rows(), pooled.columns()));
      return new Matrix(pooled.rows(), config.projection(), features.toFloats());
    }
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
