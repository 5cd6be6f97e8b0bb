package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.runtime.ComputeDevice;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares with LPIPS written anew in PyTorch on the same {@link FormulaWeights}, within 1e-5
 * relative.
 */
class LpipsTest {

  private static final int[] CHANNELS = {64, 192, 384, 256, 256};

  @TempDir static Path folder;

  @BeforeAll
  static void writeWeights() {
    Map<String, long[]> trunk = new LinkedHashMap<>();
    long[][] kernels = {
      {0, 64, 3, 11}, {3, 192, 64, 5}, {6, 384, 192, 3}, {8, 256, 384, 3}, {10, 256, 256, 3}
    };
    for (long[] k : kernels) {
      trunk.put("features." + k[0] + ".weight", new long[] {k[1], k[2], k[3], k[3]});
      trunk.put("features." + k[0] + ".bias", new long[] {k[1]});
    }
    trunk.put("classifier.6.bias", new long[] {1000});
    FormulaWeights.write(folder.resolve("alexnet.safetensors"), 2, trunk);
    SafetensorsWriter linear = new SafetensorsWriter();
    for (int i = 0; i < CHANNELS.length; i++) {
      String name = "lin" + i + ".model.1.weight";
      long[] shape = {1, CHANNELS[i], 1, 1};
      // Published ones are not negative.
      float[] weights = FormulaWeights.of(name, 1, shape);
      for (int j = 0; j < weights.length; j++) {
        weights[j] = Math.abs(weights[j]);
      }
      linear.floats(name, weights, shape);
    }
    linear.write(folder.resolve("linear.safetensors"));
  }

  static BufferedImage picture(int index) throws IOException {
    return ImageIO.read(
        Path.of("../gill-core/src/test/resources/micro/images/%03d.png".formatted(index)).toFile());
  }

  @Test
  void measuresAsTheReferenceDoes() throws IOException {
    try (Lpips lpips =
        Lpips.open(
            folder.resolve("alexnet.safetensors"),
            folder.resolve("linear.safetensors"),
            ComputeDevice.CPU)) {
      assertEquals(0.20612937, lpips.distance(picture(0), picture(3)), 2e-6);
      assertEquals(0.20662907, lpips.distance(picture(0), picture(5)), 2e-6);
      assertEquals(0.20662907, lpips.distance(picture(5), picture(0)), 2e-6);
      assertEquals(0, lpips.distance(picture(3), picture(3)));
    }
  }

  @Test
  void refusesFilesInTheWrongOrder() {
    Path first = folder.resolve("linear.safetensors");
    Path second = folder.resolve("alexnet.safetensors");
    ModelFileException refusal =
        assertThrows(ModelFileException.class, () -> Lpips.open(first, second, ComputeDevice.CPU));
    assertTrue(refusal.getMessage().contains("does not fit"), refusal.getMessage());
  }
}
