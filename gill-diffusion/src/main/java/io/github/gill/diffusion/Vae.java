package io.github.gill.diffusion;

import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Progress;
import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * The autoencoder on its device: latents to pictures and back.
 *
 * <p>Pictures of more than {@link #WHOLE} latent pixels are worked on in tiles. Called by one
 * thread at a time per device.
 */
final class Vae implements AutoCloseable {

  /** The largest picture worked on whole, in latent pixels: 768 × 768 pixels in released models. */
  static final int WHOLE = 96 * 96;

  /** Tiles of the size that released models were trained on, a quarter of it overlapping. */
  static final Tiling TILING = new Tiling(64, 16);

  private final VaeConfig config;
  private final Program program;
  private final Weights weights;
  private final int whole;
  private final Tiling tiling;

  /**
   * Makes an autoencoder.
   *
   * @param config its shape
   * @param weights loaded by {@link VaeConfig#layout}; closed with the autoencoder
   */
  Vae(VaeConfig config, Weights weights) {
    this(config, weights, WHOLE, TILING);
  }

  Vae(VaeConfig config, Weights weights, int whole, Tiling tiling) {
    this.config = config;
    this.weights = weights;
    this.whole = whole;
    this.tiling = tiling;
    this.program = PackedLayers.load(Vae.class, "vae.py");
  }

  VaeConfig config() {
    return config;
  }

  /**
   * What the encoder says of a picture's latents, unscaled.
   *
   * @param mean L × h × w means
   * @param deviation their standard deviations
   */
  @SuppressWarnings("ArrayRecordComponent") // Private to this package, never written to.
  record Posterior(float[] mean, float[] deviation) {

    /** Draws latents with standard normal noise. */
    float[] sample(float[] noise) {
      float[] sample = new float[mean.length];
      for (int i = 0; i < sample.length; i++) {
        sample[i] = mean[i] + deviation[i] * noise[i];
      }
      return sample;
    }
  }

  /**
   * Draws one picture.
   *
   * @param latents L × h × w, as the denoising network has them
   * @param height h
   * @param width w
   * @param progress asked before each tile whether to go on
   * @return the picture
   */
  BufferedImage decode(float[] latents, int height, int width, Progress progress) {
    int rows = height * config.factor();
    int columns = width * config.factor();
    try (Scope scope = new Scope()) {
      Value picture;
      if (height * width <= whole) {
        Value planes = scope.floats(unscaled(latents), 1, config.latentChannels(), height, width);
        picture = program.call(scope, "draw", weights, planes, config.groups());
      } else {
        float[] pixels = decodePixels(latents, height, width, progress);
        picture = program.call(scope, "picture", scope.floats(pixels, 3, rows, columns));
      }
      return Pixels.picture(picture.toBytes(), columns, rows);
    }
  }

  /**
   * Computes one picture's colours.
   *
   * @param latents L × h × w, as the denoising network has them
   * @param height h
   * @param width w
   * @param progress asked before each tile whether to go on
   * @return 3 × H × W numbers around −1 … 1
   */
  float[] decodePixels(float[] latents, int height, int width, Progress progress) {
    float[] unscaled = unscaled(latents);
    if (height * width <= whole) {
      return run("decode", unscaled, config.latentChannels(), height, width);
    }
    return tiling.run(
        height,
        width,
        3,
        config.factor(),
        progress,
        (top, left, rows, columns) ->
            run(
                "decode",
                Pixels.crop(unscaled, height, width, top, left, rows, columns),
                config.latentChannels(),
                rows,
                columns));
  }

  private float[] unscaled(float[] latents) {
    float[] unscaled = new float[latents.length];
    for (int i = 0; i < unscaled.length; i++) {
      unscaled[i] = latents[i] / (float) config.scale() + (float) config.shift();
    }
    return unscaled;
  }

  /**
   * Encodes one picture.
   *
   * @param pixels 3 × height × width numbers in −1 … 1
   * @param height in pixels, a multiple of {@link VaeConfig#factor}
   * @param width in pixels, a multiple of the same
   * @param progress asked before each tile whether to go on
   * @return the distribution of its latents
   */
  Posterior encode(float[] pixels, int height, int width, Progress progress) {
    int factor = config.factor();
    int down = height / factor;
    int across = width / factor;
    float[] moments =
        down * across <= whole
            ? run("encode", pixels, 3, height, width)
            : tiling.run(
                down,
                across,
                2 * config.latentChannels(),
                1,
                progress,
                (top, left, tileHeight, tileWidth) -> {
                  int rows = tileHeight * factor;
                  int columns = tileWidth * factor;
                  float[] tile =
                      Pixels.crop(
                          pixels, height, width, top * factor, left * factor, rows, columns);
                  return run("encode", tile, 3, rows, columns);
                });
    int half = moments.length / 2;
    float[] deviation = new float[half];
    for (int i = 0; i < half; i++) {
      double logVariance = Math.min(Math.max(moments[half + i], -30), 20);
      deviation[i] = (float) Math.exp(0.5 * logVariance);
    }
    return new Posterior(Arrays.copyOf(moments, half), deviation);
  }

  /**
   * Scales drawn latents for the denoising network.
   *
   * @param latents as {@link Posterior#sample} returns them
   * @return scaled latents
   */
  float[] scaled(float[] latents) {
    float[] scaled = new float[latents.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) config.scale() * (latents[i] - (float) config.shift());
    }
    return scaled;
  }

  private float[] run(String method, float[] planes, int channels, int height, int width) {
    try (Scope scope = new Scope()) {
      return program
          .call(
              scope,
              method,
              weights,
              scope.floats(planes, 1, channels, height, width),
              config.groups())
          .toFloats();
    }
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
