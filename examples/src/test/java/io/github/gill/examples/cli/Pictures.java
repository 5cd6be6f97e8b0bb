package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;

/** Compares pictures. */
final class Pictures {

  private Pictures() {}

  /**
   * The share of pixels whose red, green and blue all agree.
   *
   * @param a a picture
   * @param b one that must be as large
   * @param tolerance by how many of 255 a channel may differ
   */
  static double agreement(BufferedImage a, BufferedImage b, int tolerance) {
    assertEquals(a.getWidth(), b.getWidth());
    assertEquals(a.getHeight(), b.getHeight());
    int close = 0;
    for (int y = 0; y < a.getHeight(); y++) {
      for (int x = 0; x < a.getWidth(); x++) {
        int p = a.getRGB(x, y);
        int q = b.getRGB(x, y);
        boolean same = true;
        for (int shift = 0; shift <= 16; shift += 8) {
          same &= Math.abs((p >> shift & 0xff) - (q >> shift & 0xff)) <= tolerance;
        }
        close += same ? 1 : 0;
      }
    }
    return (double) close / (a.getWidth() * a.getHeight());
  }
}
