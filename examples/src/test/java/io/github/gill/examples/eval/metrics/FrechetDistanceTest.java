package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Compares with NumPy's covariance and square roots by eigenvalues in fp64, within 1e-6 relative.
 */
class FrechetDistanceTest {

  /** N rows of D correlated numbers. */
  static double[][] features(String name, int rows, int columns, double scale, double shift) {
    float[] u = FormulaWeights.of(name, columns, rows, columns);
    double[][] features = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        // Neighbours share half of their variance.
        features[i][j] =
            (float) (shift + scale * ((double) u[i * columns + j] + u[i * columns + j / 2]));
      }
    }
    return features;
  }

  private static final double[][] A = features("a", 300, 16, 1, 0);
  private static final double[][] B = features("b", 250, 16, 1.5, 0.2);

  @Test
  void agreesWithTheReference() {
    assertEquals(11.345268956921899, FrechetDistance.between(A, B), 1e-5);
    assertEquals(11.345268956921899, FrechetDistance.between(B, A), 1e-5);
  }

  @Test
  void agreesWhereThereAreFewerPicturesThanFeatures() {
    double[][] c = features("c", 20, 64, 1, 0);
    double[][] d = features("d", 30, 64, 2, -0.1);
    assertEquals(379.2297488794033, FrechetDistance.between(c, d), 4e-4);
    double[][] few = java.util.Arrays.copyOf(A, 12);
    assertEquals(31.64211395955421, FrechetDistance.between(few, B), 3e-5);
  }

  @Test
  void isNothingBetweenACollectionAndItself() {
    assertEquals(0, FrechetDistance.between(A, A), 1e-9);
  }

  /** Of equal covariances only the distance of the means is left. */
  @Test
  void isTheSquaredShiftOfAShiftedCollection() {
    double[][] shifted = features("a", 300, 16, 1, 3);
    assertEquals(16 * 9, FrechetDistance.between(A, shifted), 1e-4);
  }

  @Test
  void refusesWhatAreNoFeatures() {
    refuses("1 rows of 16 features; give at least 2", new double[1][16]);
    refuses("row 1 has 3 features, the first has 16", new double[][] {new double[16], {1, 2, 3}});
    double[][] broken = {new double[16], new double[16]};
    broken[1][2] = Double.NaN;
    refuses("feature 2 of row 1 is NaN", broken);
    refuses("the first has 5", new double[2][5]);
  }

  private static void refuses(String message, double[][] features) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> FrechetDistance.between(features, A));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
