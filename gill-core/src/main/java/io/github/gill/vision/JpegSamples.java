package io.github.gill.vision;

import io.github.gill.PictureException;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageReader;

/**
 * JPEG's samples to RGB with libjpeg's arithmetic.
 *
 * <p>ImageIO's own conversion applies embedded profiles and refuses or recolours CMYK, so the
 * decoder is asked for the samples as stored and libjpeg's rules say what they mean.
 */
final class JpegSamples {

  /** More passes over one picture than any encoder makes; each costs the whole picture. */
  private static final int MOST_SCANS = 500;

  private JpegSamples() {}

  static BufferedImage read(String name, byte[] bytes, ImageReader reader) throws IOException {
    JpegHeader header = JpegHeader.parse(bytes);
    int scans = JpegHeader.scans(bytes);
    if (scans > MOST_SCANS) {
      throw new PictureException(
          name + " has " + scans + " scans, expected at most " + MOST_SCANS + "; save it again");
    }
    AtomicReference<String> warning = new AtomicReference<>();
    reader.addIIOReadWarningListener((source, text) -> warning.compareAndSet(null, text));
    Raster raster = reader.readRaster(0, null);
    String text = warning.get();
    if (text != null && text.contains("Truncated")) {
      throw new PictureException(
          name + " is damaged: it ends too early; get the whole file or save it again as PNG");
    }
    return convert(raster, header);
  }

  private static BufferedImage convert(Raster raster, JpegHeader header) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    JpegHeader.Colors colors = header.colors(bands);
    BufferedImage image = new BufferedImage(width, raster.getHeight(), BufferedImage.TYPE_INT_RGB);
    int[] samples = new int[width * bands];
    int[] pixels = new int[width];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, samples);
      for (int x = 0, s = 0; x < width; x++, s += bands) {
        pixels[x] =
            switch (colors) {
              case GREY -> 0x010101 * samples[s];
              case RGB -> samples[s] << 16 | samples[s + 1] << 8 | samples[s + 2];
              case YCC -> ycc(samples[s], samples[s + 1], samples[s + 2]);
              case CMYK -> inverted(samples[s], samples[s + 1], samples[s + 2], samples[s + 3]);
              case YCCK -> {
                int rgb = ycc(samples[s], samples[s + 1], samples[s + 2]);
                yield inverted(
                    255 - (rgb >> 16), 255 - (rgb >> 8 & 255), 255 - (rgb & 255), samples[s + 3]);
              }
            };
      }
      image.getRaster().setDataElements(0, y, width, 1, pixels);
    }
    return image;
  }

  /** Photoshop stores CMYK inverted, and files that do not are read by nobody else either. */
  private static int inverted(int cyan, int magenta, int yellow, int black) {
    return RgbConversion.cmyk(255 - cyan, 255 - magenta, 255 - yellow, 255 - black);
  }

  /** ITU-R BT.601 in libjpeg's 16-bit fixed point. */
  private static int ycc(int luma, int blueness, int redness) {
    int cb = blueness - 128;
    int cr = redness - 128;
    int red = luma + ((91881 * cr + 32768) >> 16);
    int green = luma + ((-22554 * cb - 46802 * cr + 32768) >> 16);
    int blue = luma + ((116130 * cb + 32768) >> 16);
    return clamp(red) << 16 | clamp(green) << 8 | clamp(blue);
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
