package io.github.gill.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.github.gill.vision.Resampling.Filter;
import io.github.gill.vision.Resampling.Window;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class ResamplingTest {

  @Test
  void equalsPillowToTheLastBit() throws IOException {
    JsonArray cases =
        JsonParser.parseString(
                Files.readString(Path.of("src/test/resources/vision/resampling.json")))
            .getAsJsonObject()
            .getAsJsonArray("resized");
    for (JsonElement element : cases) {
      JsonArray c = element.getAsJsonArray();
      BufferedImage image = pattern(c.get(0).getAsInt(), c.get(1).getAsInt(), c.get(2).getAsInt());
      int width = c.get(3).getAsInt();
      int height = c.get(4).getAsInt();
      BufferedImage resized =
          Resampling.resize(image, width, height, Filter.valueOf(c.get(5).getAsString()));
      CRC32 sum = new CRC32();
      for (int pixel : pixels(resized)) {
        sum.update(pixel >> 16);
        sum.update(pixel >> 8);
        sum.update(pixel);
      }
      assertEquals(c.get(6).getAsLong(), sum.getValue(), c.toString());
    }
  }

  /** The picture that the expected values were made from. */
  static BufferedImage pattern(int width, int height, int seed) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          int sample = ((x * x * 3 + y * 7 + x * y + c * 50 + seed) / (1 + seed % 5)) ^ (x * seed);
          rgb = rgb << 8 | (sample & 255);
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  @Test
  void aWindowIsAPartOfTheWhole() {
    long seed = Long.getLong("seed", 11);
    Random random = new Random(seed);
    for (int i = 0; i < 30; i++) {
      BufferedImage image = pattern(1 + random.nextInt(90), 1 + random.nextInt(90), i);
      int width = 2 + random.nextInt(90);
      int height = 2 + random.nextInt(90);
      int left = random.nextInt(width - 1);
      int top = random.nextInt(height - 1);
      Window columns = new Window(width, left, 1 + random.nextInt(width - left));
      Window rows = new Window(height, top, 1 + random.nextInt(height - top));
      BufferedImage whole = Resampling.resize(image, width, height);
      assertArrayEquals(
          pixels(whole.getSubimage(left, top, columns.length(), rows.length())),
          pixels(Resampling.resize(image, columns, rows, Filter.BICUBIC)),
          "seed " + seed + " case " + i);
    }
  }

  @Test
  void theSameSizeChangesNothing() {
    BufferedImage image = pattern(31, 17, 5);
    for (Filter filter : Filter.values()) {
      assertArrayEquals(pixels(image), pixels(Resampling.resize(image, 31, 17, filter)));
    }
  }

  @Test
  void refusesAnEmptySize() {
    assertEquals(
        "the new size is 0×3; use at least 1×1",
        assertThrows(
                IllegalArgumentException.class, () -> Resampling.resize(pattern(2, 2, 0), 0, 3))
            .getMessage());
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }
}
