package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.spi.Progress;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TilingTest {

  @RepeatedTest(20)
  void givesTheWholeOfWorkThatSeesOnePixel() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int height = 1 + random.nextInt(60);
    int width = 1 + random.nextInt(60);
    int tile = 4 + random.nextInt(20);
    int scale = 1 + random.nextInt(3);
    Tiling tiling = new Tiling(tile, 1 + random.nextInt(tile - 1));
    float[] whole = paint(0, 0, height, width, scale);
    float[] tiled =
        tiling.run(
            height,
            width,
            2,
            scale,
            Progress.NONE,
            (top, left, rows, columns) -> paint(top, left, rows, columns, scale));
    assertArrayEquals(whole, tiled, 1e-4f, "seed " + seed);
  }

  /** Two channels whose colours depend on the place alone. */
  private static float[] paint(int top, int left, int rows, int columns, int scale) {
    float[] painted = new float[2 * rows * columns * scale * scale];
    for (int c = 0, i = 0; c < 2; c++) {
      for (int y = 0; y < rows * scale; y++) {
        for (int x = 0; x < columns * scale; x++, i++) {
          painted[i] =
              (float) Math.sin(c + (top * scale + y) * 0.3) + (left * scale + x) % 7 * 0.1f;
        }
      }
    }
    return painted;
  }

  @Test
  void spreadsFullTilesEvenly() {
    assertArrayEquals(new int[] {0}, new Tiling(64, 16).starts(64));
    assertArrayEquals(new int[] {0, 1}, new Tiling(64, 16).starts(65));
    assertArrayEquals(new int[] {0, 32, 64}, new Tiling(64, 16).starts(128));
  }

  @RepeatedTest(20)
  void overlapsByAtLeastWhatWasAsked() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int tile = 2 + random.nextInt(64);
    int overlap = 1 + random.nextInt(tile - 1);
    int length = tile + 1 + random.nextInt(300);
    int[] starts = new Tiling(tile, overlap).starts(length);
    assertEquals(length - tile, starts[starts.length - 1], "seed " + seed);
    for (int i = 1; i < starts.length; i++) {
      assertTrue(starts[i] - starts[i - 1] <= tile - overlap, "seed " + seed);
    }
  }
}
