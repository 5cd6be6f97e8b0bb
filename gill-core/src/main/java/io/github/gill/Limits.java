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

  /** Checks that every limit is positive, {@code pictureSide} at least 8. */
  public Limits {
    check("imageBytes", imageBytes, 1);
    check("imagePixels", imagePixels, 1);
    check("promptImages", promptImages, 1);
    check("promptTokens", promptTokens, 1);
    check("steps", steps, 1);
    check("pictures", pictures, 1);
    check("pictureSide", pictureSide, 8);
  }

  private static void check(String name, long found, int least) {
    if (found < least) {
      throw new IllegalArgumentException(
          "Limits.%s is %d; use %d or more".formatted(name, found, least));
    }
  }
}
