package io.github.gill.vision;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Pillow's {@code convert("RGB")} on what ImageIO decodes.
 *
 * <p>Works on the samples: {@code BufferedImage.getRGB} and drawing would push grey through a
 * colour profile and blend alpha.
 */
final class RgbConversion {

  private RgbConversion() {}

  /** Converts to TYPE_INT_RGB; a picture of that type is returned as it is. */
  static BufferedImage toRgb(BufferedImage image) {
    if (image.getType() == BufferedImage.TYPE_INT_RGB) {
      return image;
    }
    BufferedImage rgb =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    Row row = row(image);
    int[] pixels = new int[image.getWidth()];
    for (int y = 0; y < image.getHeight(); y++) {
      row.read(y, pixels);
      rgb.getRaster().setDataElements(0, y, pixels.length, 1, pixels);
    }
    return rgb;
  }

  /** Fills one row of packed RGB. */
  private interface Row {
    void read(int y, int[] pixels);
  }

  private static Row row(BufferedImage image) {
    Raster raster = image.getRaster();
    ColorModel colors = image.getColorModel();
    int width = image.getWidth();
    if (colors instanceof IndexColorModel palette) {
      int[] rgb = new int[palette.getMapSize()];
      palette.getRGBs(rgb);
      return (y, pixels) -> {
        raster.getSamples(0, y, width, 1, 0, pixels);
        for (int x = 0; x < width; x++) {
          pixels[x] = pixels[x] < rgb.length ? rgb[pixels[x]] & 0xFFFFFF : 0;
        }
      };
    }
    int type = colors.getColorSpace().getType();
    int colorBands = colors.getNumColorComponents();
    boolean integer =
        colors.getTransferType() <= DataBuffer.TYPE_INT && !image.isAlphaPremultiplied();
    int[] samples = new int[width * raster.getNumBands()];
    int bands = raster.getNumBands();
    if (integer && type == ColorSpace.TYPE_GRAY && colorBands == 1) {
      int[] to8 = to8(colors.getComponentSize(0));
      return (y, pixels) -> {
        raster.getPixels(0, y, width, 1, samples);
        for (int x = 0; x < width; x++) {
          pixels[x] = 0x010101 * scale(samples[x * bands], to8);
        }
      };
    }
    if (integer && type == ColorSpace.TYPE_RGB && colorBands == 3) {
      int[] red = to8(colors.getComponentSize(0));
      int[] green = to8(colors.getComponentSize(1));
      int[] blue = to8(colors.getComponentSize(2));
      return (y, pixels) -> {
        raster.getPixels(0, y, width, 1, samples);
        for (int x = 0, s = 0; x < width; x++, s += bands) {
          pixels[x] =
              scale(samples[s], red) << 16
                  | scale(samples[s + 1], green) << 8
                  | scale(samples[s + 2], blue);
        }
      };
    }
    if (integer && type == ColorSpace.TYPE_CMYK && colors.getComponentSize(0) == 8) {
      return (y, pixels) -> {
        raster.getPixels(0, y, width, 1, samples);
        for (int x = 0, s = 0; x < width; x++, s += bands) {
          pixels[x] = cmyk(samples[s], samples[s + 1], samples[s + 2], samples[s + 3]);
        }
      };
    }
    // Lab, floating point, premultiplied alpha: Java's conversion is the best there is.
    return (y, pixels) -> image.getRGB(0, y, width, 1, pixels, 0, width);
  }

  /** A table for samples under 8 bits; empty for 8 bits and more, which keep the upper 8. */
  private static int[] to8(int bits) {
    if (bits >= 8) {
      return new int[] {bits - 8};
    }
    int[] table = new int[1 << bits];
    for (int i = 0; i < table.length; i++) {
      table[i] = i * 255 / (table.length - 1);
    }
    return table;
  }

  private static int scale(int sample, int[] to8) {
    return to8.length == 1 ? sample >>> to8[0] : to8[sample];
  }

  /** Ink to light: each colour's ink reduces what black leaves. Samples 0 to 255. */
  static int cmyk(int cyan, int magenta, int yellow, int black) {
    int light = 255 - black;
    return (light - product(cyan, light)) << 16
        | (light - product(magenta, light)) << 8
        | (light - product(yellow, light));
  }

  /** a·b/255, rounded. */
  private static int product(int a, int b) {
    int t = a * b + 128;
    return ((t >> 8) + t) >> 8;
  }
}
