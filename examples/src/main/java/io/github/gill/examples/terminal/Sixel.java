package io.github.gill.examples.terminal;

import java.awt.image.BufferedImage;

/** DEC's sixel graphics, with a palette of 6 × 6 × 6 colours. */
final class Sixel {

  private static final int LEVELS = 6;
  private static final int COLOURS = LEVELS * LEVELS * LEVELS;
  private static final int BAND = 6;

  private Sixel() {}

  static String encode(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    StringBuilder out =
        new StringBuilder("\033P0;1q\"1;1;").append(width).append(';').append(height);
    for (int colour = 0; colour < COLOURS; colour++) {
      out.append('#')
          .append(colour)
          .append(";2;")
          .append(colour / 36 * 20)
          .append(';')
          .append(colour / 6 % 6 * 20)
          .append(';')
          .append(colour % 6 * 20);
    }
    for (int top = 0; top < height; top += BAND) {
      appendBand(image, top, Math.min(BAND, height - top), out);
    }
    return out.append("\033\\\n").toString();
  }

  /** Six rows: each colour in them is a line of characters drawn over the others. */
  private static void appendBand(BufferedImage image, int top, int rows, StringBuilder out) {
    int width = image.getWidth();
    byte[][] bits = new byte[COLOURS][];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < width; x++) {
        int colour = nearest(image.getRGB(x, top + y));
        if (bits[colour] == null) {
          bits[colour] = new byte[width];
        }
        bits[colour][x] |= (byte) (1 << y);
      }
    }
    for (int colour = 0; colour < COLOURS; colour++) {
      if (bits[colour] != null) {
        out.append('#').append(colour);
        appendRuns(bits[colour], out);
        out.append('$');
      }
    }
    out.append('-');
  }

  private static void appendRuns(byte[] bits, StringBuilder out) {
    int x = 0;
    while (x < bits.length) {
      int end = x + 1;
      while (end < bits.length && bits[end] == bits[x]) {
        end++;
      }
      char character = (char) (63 + bits[x]);
      if (end - x > 3) {
        out.append('!').append(end - x).append(character);
      } else {
        out.append(String.valueOf(character).repeat(end - x));
      }
      x = end;
    }
  }

  private static int nearest(int rgb) {
    return level(rgb >> 16) * 36 + level(rgb >> 8) * 6 + level(rgb);
  }

  private static int level(int channel) {
    return ((channel & 0xFF) * (LEVELS - 1) + 127) / 255;
  }
}
