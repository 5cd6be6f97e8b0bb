package io.github.gill.diffusion;

import java.awt.image.BufferedImage;

/** Turns pictures into the numbers that the autoencoder sees, and bytes into pictures. */
final class Pixels {

  private Pixels() {}

  /**
   * Reads a picture's colours.
   *
   * @param image a picture; transparency is ignored
   * @return 3 × H × W numbers in −1 … 1
   */
  static float[] of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    int area = width * height;
    int[] colours = image.getRGB(0, 0, width, height, null, 0, width);
    float[] pixels = new float[3 * area];
    for (int i = 0; i < area; i++) {
      pixels[i] = signed(colours[i] >> 16);
      pixels[area + i] = signed(colours[i] >> 8);
      pixels[2 * area + i] = signed(colours[i]);
    }
    return pixels;
  }

  private static float signed(int colour) {
    return 2f * ((colour & 0xff) / 255f) - 1f;
  }

  /**
   * Makes a picture.
   *
   * @param bytes height × width × 3 bytes, red first
   * @param width in pixels
   * @param height in pixels
   * @return an opaque RGB picture
   */
  static BufferedImage picture(byte[] bytes, int width, int height) {
    int[] colours = new int[width * height];
    for (int i = 0; i < colours.length; i++) {
      int red = bytes[3 * i] & 0xff;
      int green = bytes[3 * i + 1] & 0xff;
      int blue = bytes[3 * i + 2] & 0xff;
      colours[i] = (red << 16) | (green << 8) | blue;
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, width, height, colours, 0, width);
    return image;
  }

  /**
   * Cuts a rectangle out of planes.
   *
   * @param planes channels × height × width numbers
   * @param height of the planes
   * @param width of the planes
   * @param top the rectangle's first row
   * @param left the rectangle's first column
   * @param rows the rectangle's height
   * @param columns the rectangle's width
   * @return channels × rows × columns numbers
   */
  static float[] crop(
      float[] planes, int height, int width, int top, int left, int rows, int columns) {
    int channels = planes.length / (height * width);
    float[] cut = new float[channels * rows * columns];
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < rows; y++) {
        System.arraycopy(
            planes, (c * height + top + y) * width + left, cut, (c * rows + y) * columns, columns);
      }
    }
    return cut;
  }
}
