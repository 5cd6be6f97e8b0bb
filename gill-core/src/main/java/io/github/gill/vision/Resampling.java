package io.github.gill.vision;

import java.awt.image.BufferedImage;

/**
 * Antialiased resizing, equal to Pillow's {@code Image.resize} to the last bit.
 *
 * <p>A separable convolution: when shrinking, the filter's support grows with the ratio, so that
 * every source pixel counts. The horizontal pass comes first, and each pass rounds to 8 bits with
 * weights of 22 fractional bits. Thread-safe.
 */
public final class Resampling {

  /** 32 bits less 8 of the sample and 2 for weights outside 0 to 1. */
  private static final int PRECISION = 22;

  private Resampling() {}

  /** The shape of the filter over the distance in source pixels, or target ones when shrinking. */
  public enum Filter {
    /** The mean of the pixels covered. */
    BOX(0.5),
    /** A triangle. */
    BILINEAR(1),
    /** A sinc under a raised cosine. */
    HAMMING(1),
    /** Keys' cubic with a = −0.5. */
    BICUBIC(2),
    /** A windowed sinc of three lobes. */
    LANCZOS(3);

    private final double support;

    Filter(double support) {
      this.support = support;
    }

    private double weight(double x) {
      return switch (this) {
        case BOX -> x > -0.5 && x <= 0.5 ? 1 : 0;
        case BILINEAR -> Math.max(0, 1 - Math.abs(x));
        case HAMMING -> hamming(x);
        case BICUBIC -> cubic(x);
        case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
      };
    }

    private static double cubic(double signed) {
      double a = -0.5;
      double x = Math.abs(signed);
      if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    private static double hamming(double signed) {
      double x = Math.abs(signed);
      if (x == 0) {
        return 1;
      }
      return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI));
    }

    private static double sinc(double x) {
      return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }
  }

  /**
   * Resizes with {@link Filter#BICUBIC}, Pillow's default.
   *
   * @param image any picture; taken as {@code TYPE_INT_RGB}
   * @param width pixels, at least 1
   * @param height pixels, at least 1
   * @return a new picture of that size, {@code TYPE_INT_RGB}
   */
  public static BufferedImage resize(BufferedImage image, int width, int height) {
    return resize(image, width, height, Filter.BICUBIC);
  }

  /**
   * Resizes.
   *
   * @param image any picture; taken as {@code TYPE_INT_RGB}
   * @param width pixels, at least 1
   * @param height pixels, at least 1
   * @param filter the filter
   * @return a new picture of that size, {@code TYPE_INT_RGB}
   */
  public static BufferedImage resize(BufferedImage image, int width, int height, Filter filter) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "the new size is " + width + "×" + height + "; use at least 1×1");
    }
    return resize(image, new Window(width, 0, width), new Window(height, 0, height), filter);
  }

  /**
   * A part of a side of the resized picture.
   *
   * @param whole the side's length
   * @param start the part's first pixel
   * @param length the part's length
   */
  record Window(long whole, long start, int length) {}

  /** Resizes, computing only a window of the result. */
  static BufferedImage resize(BufferedImage image, Window columns, Window rows, Filter filter) {
    BufferedImage rgb = RgbConversion.toRgb(image);
    Weights across = Weights.of(rgb.getWidth(), columns, filter);
    Weights down = Weights.of(rgb.getHeight(), rows, filter);
    int firstRow = down.first[0];
    int lastRow = firstRow;
    for (int y = 0; y < rows.length; y++) {
      firstRow = Math.min(firstRow, down.first[y]);
      lastRow = Math.max(lastRow, down.first[y] + down.weights[y].length);
    }
    int[][] narrow = new int[lastRow - firstRow][];
    int[] source = new int[rgb.getWidth()];
    for (int y = firstRow; y < lastRow; y++) {
      rgb.getRaster().getDataElements(0, y, source.length, 1, source);
      narrow[y - firstRow] = across.horizontal(source);
    }
    BufferedImage resized =
        new BufferedImage(columns.length, rows.length, BufferedImage.TYPE_INT_RGB);
    int[] target = new int[columns.length];
    for (int y = 0; y < rows.length; y++) {
      down.vertical(narrow, y, firstRow, target);
      resized.getRaster().setDataElements(0, y, target.length, 1, target);
    }
    return resized;
  }

  /** For each target pixel the source pixels it takes and how much of each. */
  private static final class Weights {

    /** The first source pixel of each target pixel. */
    final int[] first;

    /** Fixed-point weights of it and its successors. */
    final int[][] weights;

    Weights(int[] first, int[][] weights) {
      this.first = first;
      this.weights = weights;
    }

    static Weights of(int sourceLength, Window window, Filter filter) {
      int[] first = new int[window.length];
      int[][] weights = new int[window.length][];
      double scale = (double) sourceLength / window.whole;
      double widening = Math.max(scale, 1);
      double support = filter.support * widening;
      double narrowing = 1 / widening;
      for (int i = 0; i < window.length; i++) {
        if (sourceLength == window.whole) {
          // Pillow leaves a side alone that keeps its length.
          first[i] = (int) (window.start + i);
          weights[i] = new int[] {1 << PRECISION};
          continue;
        }
        double center = (window.start + i + 0.5) * scale;
        int start = Math.max(0, (int) (center - support + 0.5));
        int end = Math.min(sourceLength, (int) (center + support + 0.5));
        first[i] = start;
        weights[i] = fixed(end - start, start - center + 0.5, narrowing, filter);
      }
      return new Weights(first, weights);
    }

    private static int[] fixed(int count, double offset, double narrowing, Filter filter) {
      double[] exact = new double[count];
      double sum = 0;
      for (int i = 0; i < count; i++) {
        exact[i] = filter.weight((i + offset) * narrowing);
        sum += exact[i];
      }
      int[] fixed = new int[count];
      for (int i = 0; i < count; i++) {
        double weight = (sum == 0 ? exact[i] : exact[i] / sum) * (1 << PRECISION);
        fixed[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
      return fixed;
    }

    int[] horizontal(int[] source) {
      int[] row = new int[first.length];
      for (int x = 0; x < row.length; x++) {
        int[] weight = weights[x];
        int start = first[x];
        int red = 1 << (PRECISION - 1);
        int green = red;
        int blue = red;
        for (int i = 0; i < weight.length; i++) {
          int pixel = source[start + i];
          red += (pixel >> 16 & 255) * weight[i];
          green += (pixel >> 8 & 255) * weight[i];
          blue += (pixel & 255) * weight[i];
        }
        row[x] = pack(red, green, blue);
      }
      return row;
    }

    void vertical(int[][] rows, int y, int firstRow, int[] target) {
      int[] weight = weights[y];
      int start = first[y] - firstRow;
      for (int x = 0; x < target.length; x++) {
        int red = 1 << (PRECISION - 1);
        int green = red;
        int blue = red;
        for (int i = 0; i < weight.length; i++) {
          int pixel = rows[start + i][x];
          red += (pixel >> 16 & 255) * weight[i];
          green += (pixel >> 8 & 255) * weight[i];
          blue += (pixel & 255) * weight[i];
        }
        target[x] = pack(red, green, blue);
      }
    }

    private static int pack(int red, int green, int blue) {
      return clip(red) << 16 | clip(green) << 8 | clip(blue);
    }

    private static int clip(int fixed) {
      return Math.max(0, Math.min(255, fixed >> PRECISION));
    }
  }
}
