package io.github.gill;

/**
 * What one request may ask for. A request over a limit is refused before work starts.
 *
 * @param imageBytes the size of one encoded picture; 32 MiB
 * @param imagePixels width × height of one picture; 64 million
 * @param promptImages pictures in a prompt; 64
 * @param promptTokens tokens of a whole prompt, pictures included; the model's own maximum applies
 *     besides; 4096
 * @param steps denoising steps; 250
 * @param pictures pictures of one answer, slots × pictures per slot; 16
 * @param pictureSide height or width of a generated picture in pixels; 1024
 */
public record Limits(
    long imageBytes,
    long imagePixels,
    int promptImages,
    int promptTokens,
    int steps,
    int pictures,
    int pictureSide) {

  /** The defaults named above. */
  public static final Limits DEFAULTS = new Limits(32L << 20, 64_000_000, 64, 4096, 250, 16, 1024);

  /** Checks that every limit is positive. */
  public Limits {
    if (imageBytes < 1
        || imagePixels < 1
        || promptImages < 1
        || promptTokens < 1
        || steps < 1
        || pictures < 1
        || pictureSide < 8) {
      throw new IllegalArgumentException("every limit must be positive, pictureSide at least 8");
    }
  }
}
