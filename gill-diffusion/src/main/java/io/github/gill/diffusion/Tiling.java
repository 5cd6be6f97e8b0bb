package io.github.gill.diffusion;

import io.github.gill.spi.Progress;

/**
 * Works on a large picture in overlapping tiles and blends their seams.
 *
 * <p>Tiles are all of full size and evenly spread; where they overlap, each counts in proportion to
 * the distance from its own edge. What one tile sees of the picture decides its colours (group
 * norms and attention span a whole tile), so the result is close to, not equal to, the untiled one.
 *
 * @param tile a tile's side in latent pixels
 * @param overlap by how many latent pixels neighbours overlap at least, below the tile's side
 */
record Tiling(int tile, int overlap) {

  /** Works on one tile. */
  @FunctionalInterface
  interface Work {

    /**
     * Works on one tile.
     *
     * @param top the tile's first row in latent pixels
     * @param left the tile's first column
     * @param height the tile's height
     * @param width the tile's width
     * @return channels × (height · scale) × (width · scale) numbers
     */
    float[] apply(int top, int left, int height, int width);
  }

  /**
   * Works on all tiles, row by row.
   *
   * @param height the picture's height in latent pixels
   * @param width the picture's width in latent pixels
   * @param channels the result's channels
   * @param scale how many of the result's pixels a latent pixel spans
   * @param progress asked before each tile whether to go on
   * @param work what to do
   * @return channels × (height · scale) × (width · scale) numbers
   */
  float[] run(int height, int width, int channels, int scale, Progress progress, Work work) {
    int outHeight = height * scale;
    int outWidth = width * scale;
    float[] sum = new float[channels * outHeight * outWidth];
    float[] weight = new float[outHeight * outWidth];
    for (int top : starts(height)) {
      for (int left : starts(width)) {
        progress.check();
        int tileHeight = Math.min(tile, height);
        int tileWidth = Math.min(tile, width);
        float[] rows = ramp(top, tileHeight, height, scale);
        float[] columns = ramp(left, tileWidth, width, scale);
        float[] result = work.apply(top, left, tileHeight, tileWidth);
        for (int y = 0; y < rows.length; y++) {
          int line = (top * scale + y) * outWidth + left * scale;
          for (int x = 0; x < columns.length; x++) {
            float share = rows[y] * columns[x];
            weight[line + x] += share;
            for (int c = 0; c < channels; c++) {
              sum[c * outHeight * outWidth + line + x] +=
                  share * result[(c * rows.length + y) * columns.length + x];
            }
          }
        }
      }
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= weight[i % weight.length];
    }
    return sum;
  }

  /** Where tiles begin along an axis, evenly spread from its start to its end. */
  int[] starts(int length) {
    if (length <= tile) {
      return new int[] {0};
    }
    int count = (length - overlap + tile - overlap - 1) / (tile - overlap);
    int[] starts = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = i * (length - tile) / (count - 1);
    }
    return starts;
  }

  /** A tile's weights along an axis: rising from its inner edges, full at the picture's. */
  private float[] ramp(int start, int side, int length, int scale) {
    float[] ramp = new float[side * scale];
    for (int i = 0; i < ramp.length; i++) {
      float fromStart = start == 0 ? Float.MAX_VALUE : i + 0.5f;
      float fromEnd = start + side == length ? Float.MAX_VALUE : ramp.length - i - 0.5f;
      ramp[i] = Math.min(1, Math.min(fromStart, fromEnd) / (overlap * scale));
    }
    return ramp;
  }
}
