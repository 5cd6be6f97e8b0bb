package io.github.gill.examples.eval.metrics;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;

/**
 * The Fréchet distance between two collections of features, each taken as a normal distribution:
 * FID over Inception features (Heusel et al. 2017), or the same over CLIP features.
 *
 * <p>|μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁Σ₂)^½, computed in fp64. The last trace is the sum of the
 * singular values of A Bᵀ where AᵀA = Σ₁ and BᵀB = Σ₂, which needs no matrix square root and is
 * exact for singular covariances too. Like every FID it falls with the number of pictures: compare
 * only figures from equally many.
 */
public final class FrechetDistance {

  private FrechetDistance() {}

  /**
   * Measures a distance.
   *
   * @param a features of one collection, N rows of D numbers, N at least 2; rounded to fp32
   * @param b features of the other, M rows of D numbers, M at least 2
   * @return at least 0, and 0 for equal means and covariances
   * @throws IllegalArgumentException if rows are too few, differ in length or are not finite
   */
  public static double between(double[][] a, double[][] b) {
    try (Program program = Program.load(FrechetDistance.class, "collections.py");
        Scope scope = new Scope()) {
      Value[] features = Features.tensors(scope, a, b);
      Value distance = program.call(scope, "frechet", features[0], features[1]);
      return Math.max(0, distance.toFloats()[0]);
    }
  }
}
