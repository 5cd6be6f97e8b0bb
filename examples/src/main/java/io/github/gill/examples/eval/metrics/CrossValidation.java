package io.github.gill.examples.eval.metrics;

import java.util.Arrays;

/**
 * Compares two ways of training by the scores of the same folds of repeated cross-validation.
 *
 * <p>Folds share their training examples, so their scores are not independent and a plain interval
 * over them is too narrow. The corrected resampled t interval (Nadeau and Bengio 2003) widens it by
 * the ratio of held-out to training examples.
 */
public final class CrossValidation {

  /** The normal distribution's 97.5% quantile. */
  private static final double Z = 1.959963984540054;

  private CrossValidation() {}

  /**
   * Estimates by how much one way of training is above another.
   *
   * @param a a score per fold, at least five
   * @param b the other's score on each of the same folds
   * @param folds into how many parts the examples were divided, at least 2; with repetitions there
   *     are several scores for each
   * @return the mean of {@code a − b} with its 95% confidence interval; n counts scores
   * @throws IllegalArgumentException if the scores do not pair up, are too few or not finite
   */
  public static Interval difference(double[] a, double[] b, int folds) {
    if (a.length != b.length || a.length < 5 || folds < 2) {
      throw new IllegalArgumentException(
          "%d scores against %d of %d folds; give both ways' for the same folds, five or more"
              .formatted(a.length, b.length, folds));
    }
    double[] differences = new double[a.length];
    Arrays.setAll(differences, i -> a[i] - b[i]);
    double error = Bootstrap.standardError(differences);
    double corrected = error * Math.sqrt(1 + a.length / (folds - 1.0));
    double mean = Arrays.stream(differences).average().orElseThrow();
    double reach = quantile(a.length - 1) * corrected;
    return new Interval(mean, mean - reach, mean + reach, a.length);
  }

  /** Student's 97.5% quantile by its expansion (Abramowitz and Stegun 26.7.5), within 0.01. */
  static double quantile(int freedom) {
    double z3 = Math.pow(Z, 3);
    double z5 = Math.pow(Z, 5);
    double z7 = Math.pow(Z, 7);
    return Z
        + (z3 + Z) / (4.0 * freedom)
        + (5 * z5 + 16 * z3 + 3 * Z) / (96 * Math.pow(freedom, 2))
        + (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * Math.pow(freedom, 3));
  }
}
