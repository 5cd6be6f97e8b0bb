package io.github.gill.diffusion;

import io.github.gill.DiffusionSettings;
import io.github.gill.LimitException;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import org.jspecify.annotations.Nullable;

/**
 * The size that a request draws at, and the picture it starts from at that size.
 *
 * @param height in latent pixels
 * @param width in latent pixels
 * @param initial a picture of height · factor × width · factor pixels, or null
 */
record Canvas(int height, int width, @Nullable BufferedImage initial) {

  /**
   * Sizes a request. A side that the settings leave out is the initial picture's own, rounded down
   * to a multiple of the factor as the reference does, and without one the model's.
   *
   * @param settings may name height and width
   * @param initial the picture to start from, or null
   * @param modelSide the model's own size in pixels
   * @param factor how many pixels a latent pixel spans
   * @param limit the largest side allowed in pixels
   * @return the canvas
   * @throws UnsupportedRequestException if a side is not a multiple of the factor
   * @throws LimitException if a side is over the limit
   */
  static Canvas of(
      DiffusionSettings settings,
      @Nullable BufferedImage initial,
      int modelSide,
      int factor,
      int limit) {
    int height = settings.height() != null ? settings.height() : modelSide;
    int width = settings.width() != null ? settings.width() : modelSide;
    if (initial != null) {
      height = settings.height() != null ? height : wholeTiles(initial.getHeight(), factor);
      width = settings.width() != null ? width : wholeTiles(initial.getWidth(), factor);
    }
    check("height", height, factor, limit);
    check("width", width, factor, limit);
    BufferedImage resized =
        initial == null
            ? null
            : Resampling.resize(initial, width, height, Resampling.Filter.LANCZOS);
    return new Canvas(height / factor, width / factor, resized);
  }

  private static int wholeTiles(int pixels, int factor) {
    return Math.max(pixels - pixels % factor, factor);
  }

  private static void check(String name, int pixels, int factor, int limit) {
    if (pixels % factor != 0) {
      throw new UnsupportedRequestException(
          "%s is %d, but this model draws in multiples of %d; use %d or %d"
              .formatted(
                  name,
                  pixels,
                  factor,
                  Math.max(pixels - pixels % factor, factor),
                  pixels - pixels % factor + factor));
    }
    if (pixels > limit) {
      throw new LimitException(
          "a picture of %s %d is over the limit of %d pixels a side; ask for a smaller one or raise Limits.pictureSide"
              .formatted(name, pixels, limit));
    }
  }
}
