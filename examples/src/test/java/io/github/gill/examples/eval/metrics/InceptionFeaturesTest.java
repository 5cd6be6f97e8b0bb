package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gill.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares with FID's Inception v3 written anew in PyTorch on the same {@link FormulaWeights},
 * within 1e-4 relative.
 */
class InceptionFeaturesTest {

  private static final int[] CHOSEN = {0, 1, 500, 1000, 1500, 2040};

  @Test
  void computesAsTheReferenceDoes(@TempDir Path folder) throws IOException {
    Map<String, long[]> shapes = InceptionLayout.shapes();
    shapes.put("fc.bias", new long[] {1008});
    Path file = FormulaWeights.write(folder.resolve("inception.safetensors"), 2, shapes);
    try (InceptionFeatures inception = InceptionFeatures.open(file, ComputeDevice.CPU)) {
      double[] first = inception.features(LpipsTest.picture(0));
      compare(
          new double[] {0.08608976, 0.1475298, 0.04988164, 0.07132427, 0.2512172, 0.2141777},
          1236.7516213927195,
          first);
      compare(
          new double[] {0.1031188, 0.1909431, 0.07139007, 0.102183, 0.3301713, 0.2448457},
          1509.510069496172,
          inception.features(LpipsTest.picture(3)));
    }
  }

  private static void compare(double[] chosen, double sum, double[] features) {
    assertEquals(2048, features.length);
    double[] found = IntStream.of(CHOSEN).mapToDouble(i -> features[i]).toArray();
    for (int i = 0; i < chosen.length; i++) {
      assertEquals(chosen[i], found[i], 1e-4 * chosen[i], "feature " + CHOSEN[i]);
    }
    assertEquals(sum, DoubleStream.of(features).sum(), 1e-5 * sum);
  }
}
