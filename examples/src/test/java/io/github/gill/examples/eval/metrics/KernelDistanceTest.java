package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Compares with NumPy's sums over all pairs in fp64, within 1e-6 relative. */
class KernelDistanceTest {

  private static double[][] features(String name, int rows, int columns, double scale, double at) {
    return FrechetDistanceTest.features(name, rows, columns, scale, at);
  }

  @Test
  void agreesWithTheReference() {
    double[][] a = Arrays.copyOf(features("a", 300, 16, 1, 0), 250);
    double[][] b = features("b", 250, 16, 1.5, 0.2);
    KernelDistance.Estimate all = KernelDistance.between(a, b, 1);
    assertEquals(3.526787509199443, all.mean(), 4e-6);
    assertEquals(0, all.deviation(), 4e-6);
    double[][] c = features("c", 20, 64, 1, 0);
    double[][] d = Arrays.copyOf(features("d", 30, 64, 2, -0.1), 20);
    assertEquals(2.743082059946768, KernelDistance.between(c, d, 1).mean(), 3e-6);
  }

  /** Subsets of 200 of 300 rows scatter around the distance of all rows. */
  @Test
  void drawsSubsetsOfTheLargerCollection() {
    double[][] a = features("a", 300, 16, 1, 0);
    double[][] b = Arrays.copyOf(features("b", 250, 16, 1.5, 0.2), 200);
    KernelDistance.Estimate estimate = KernelDistance.between(a, b, 1);
    assertTrue(estimate.deviation() > 0.001, "deviation " + estimate.deviation());
    assertEquals(3.5, estimate.mean(), 0.3);
    assertEquals(estimate, KernelDistance.between(a, b, 1));
    assertTrue(estimate.mean() != KernelDistance.between(a, b, 2).mean());
  }

  /** Of one distribution the mean over many samples is 0, within three of its standard errors. */
  @Test
  void isUnbiased() {
    double[] distances = new double[40];
    for (int i = 0; i < distances.length; i++) {
      double[][] x = features("x" + i, 30, 4, 0.5, 0);
      double[][] y = features("y" + i, 30, 4, 0.5, 0);
      distances[i] = KernelDistance.between(x, y, 1).mean();
    }
    double mean = Arrays.stream(distances).average().orElseThrow();
    double error = Bootstrap.standardError(distances);
    assertTrue(Math.abs(mean) < 3 * error, mean + " ± " + error);
    // With a picture compared to itself, too, the distance would be 2 (E k(x, x) − E k(x, y)) / 30.
    assertTrue(error < 0.05, "the standard error " + error + " is too large to tell");
  }
}
