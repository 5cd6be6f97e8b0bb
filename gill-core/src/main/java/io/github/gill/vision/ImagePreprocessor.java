package io.github.gill.vision;

import io.github.gill.ModelFileException;
import io.github.gill.vision.Resampling.Window;
import java.awt.image.BufferedImage;
import java.nio.file.Path;

/**
 * Pictures to the image encoder's input, as CLIP's feature extractor does: the shortest edge
 * resized with antialiased bicubic, the centre cropped, samples scaled to 0…1 and normalised.
 *
 * <p>Only what the crop leaves is computed, so a long narrow picture costs no more than a square
 * one. Immutable and thread-safe.
 */
public final class ImagePreprocessor {

  private final PreprocessorSettings settings;

  /** The pixel value of every sample, one table per colour. */
  private final float[][] values = new float[3][256];

  private ImagePreprocessor(PreprocessorSettings settings) {
    this.settings = settings;
    for (int c = 0; c < 3; c++) {
      float mean = settings.mean().get(c).floatValue();
      float deviation = settings.deviation().get(c).floatValue();
      for (int sample = 0; sample < 256; sample++) {
        values[c][sample] = ((float) (sample * settings.factor()) - mean) / deviation;
      }
    }
  }

  /**
   * Reads {@code preprocessor_config.json}, or else {@code processor_config.json}.
   *
   * @param folder the image encoder's folder
   * @return the preprocessor; CLIP's own with 224 × 224 pixels where the file is missing
   * @throws ModelFileException if the file is damaged or asks for something else than CLIP does
   */
  public static ImagePreprocessor read(Path folder) {
    return new ImagePreprocessor(PreprocessorSettings.read(folder, PreprocessorSettings.CLIP_SIDE));
  }

  /**
   * Reads {@code preprocessor_config.json}, or else {@code processor_config.json}.
   *
   * @param folder the image encoder's folder
   * @param side the encoder's image size, used where the file is missing or names no size
   * @return the preprocessor, which makes side × side pixels
   * @throws ModelFileException if the file is damaged, asks for something else than CLIP does or
   *     makes pictures of another size
   */
  public static ImagePreprocessor read(Path folder, int side) {
    ImagePreprocessor read = new ImagePreprocessor(PreprocessorSettings.read(folder, side));
    if (read.height() != side || read.width() != side) {
      throw new ModelFileException(
          "%s: its preprocessing makes %d × %d pixels, the image encoder takes %d × %d; use the image encoder's own preprocessor_config.json"
              .formatted(folder, read.height(), read.width(), side, side));
    }
    return read;
  }

  /**
   * Makes pixel values.
   *
   * @param image a picture of any size; taken as {@code TYPE_INT_RGB}
   * @return 3 × {@link #height} × {@link #width} numbers, row-major, red first
   * @throws IllegalArgumentException if the settings neither resize nor crop and the picture has
   *     another size
   */
  public float[] pixelValues(BufferedImage image) {
    int height = height();
    int width = width();
    float[] pixels = new float[3 * height * width];
    BufferedImage cropped = cropped(image);
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      cropped.getRaster().getDataElements(0, y, width, 1, row);
      for (int x = 0, i = y * width; x < width; x++, i++) {
        pixels[i] = values[0][row[x] >> 16 & 255];
        pixels[i + height * width] = values[1][row[x] >> 8 & 255];
        pixels[i + 2 * height * width] = values[2][row[x] & 255];
      }
    }
    return pixels;
  }

  private BufferedImage cropped(BufferedImage image) {
    long newWidth = image.getWidth();
    long newHeight = image.getHeight();
    if (settings.shortestEdge() > 0) {
      // The long side is cut to whole pixels, not rounded.
      long shorter = Math.min(newWidth, newHeight);
      newWidth = (long) ((double) (settings.shortestEdge() * newWidth) / shorter);
      newHeight = (long) ((double) (settings.shortestEdge() * newHeight) / shorter);
    } else if (settings.resize()) {
      newWidth = settings.resizeWidth();
      newHeight = settings.resizeHeight();
    }
    Part across = Part.centred(newWidth, width());
    Part down = Part.centred(newHeight, height());
    BufferedImage visible =
        Resampling.resize(
            image, across.window(newWidth), down.window(newHeight), settings.filter());
    if (visible.getWidth() == width() && visible.getHeight() == height()) {
      return visible;
    }
    BufferedImage padded = new BufferedImage(width(), height(), BufferedImage.TYPE_INT_RGB);
    padded.getRaster().setRect(across.padding, down.padding, visible.getRaster());
    return padded;
  }

  /**
   * What a centred crop takes of one side.
   *
   * @param start the first pixel taken
   * @param length how many
   * @param padding black pixels before them, where the side is shorter than the crop
   */
  private record Part(long start, int length, int padding) {

    static Part centred(long side, int crop) {
      if (side >= crop) {
        return new Part((side - crop) / 2, crop, 0);
      }
      return new Part(0, (int) side, (int) (crop - side + 1) / 2);
    }

    Window window(long side) {
      return new Window(side, start, length);
    }
  }

  /**
   * Returns the height of what {@link #pixelValues} gives.
   *
   * @return pixels
   */
  public int height() {
    return settings.height();
  }

  /**
   * Returns the width of what {@link #pixelValues} gives.
   *
   * @return pixels
   */
  public int width() {
    return settings.width();
  }
}
