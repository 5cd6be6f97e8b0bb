package io.github.gill.examples.eval.metrics;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Confidence intervals and tests that assume no distribution: the percentile bootstrap (Efron 1979)
 * and the paired permutation test (Fisher 1935), with {@value #DRAWS} draws.
 *
 * <p>Pairs are two systems' numbers for the same item. The same numbers and seed give the same
 * result on every machine.
 */
public final class Bootstrap {

  private static final int DRAWS = 10_000;

  private Bootstrap() {}

  /**
   * Estimates a mean.
   *
   * @param values one number per item, at least one
   * @param seed where the resampling begins
   * @return the mean with its 95% confidence interval
   * @throws IllegalArgumentException if there are no numbers or one is not finite
   */
  public static Interval mean(double[] values, long seed) {
    check(values);
    SplittableRandom random = new SplittableRandom(seed);
    double[] means = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.nextInt(values.length)];
      }
      means[draw] = sum / values.length;
    }
    Arrays.sort(means);
    int tail = DRAWS / 40;
    return new Interval(average(values), means[tail], means[DRAWS - 1 - tail], values.length);
  }

  /**
   * Estimates by how much one system is above another on the same items.
   *
   * @param a a number per item, at least one
   * @param b the other system's number for each of the same items
   * @param seed where the resampling begins
   * @return the mean of {@code a − b} with its 95% confidence interval
   * @throws IllegalArgumentException if the numbers do not pair up or one is not finite
   */
  public static Interval difference(double[] a, double[] b, long seed) {
    return mean(differences(a, b), seed);
  }

  /**
   * Tests whether two systems' numbers for the same items differ by more than chance, by flipping
   * signs of their differences at random.
   *
   * @param a a number per item, at least one
   * @param b the other system's number for each of the same items
   * @param seed where the flipping begins
   * @return the two-sided p value: the share of sign flips whose mean is as far from 0, the
   *     observed signs counted among them
   * @throws IllegalArgumentException if the numbers do not pair up or one is not finite
   */
  public static double pairedPValue(double[] a, double[] b, long seed) {
    double[] differences = differences(a, b);
    // Sums that differ by rounding alone count as equal.
    double size = Arrays.stream(differences).map(Math::abs).sum();
    double observed = Math.abs(Arrays.stream(differences).sum()) - 1e-12 * size;
    SplittableRandom random = new SplittableRandom(seed);
    int asFar = 1;
    for (int draw = 0; draw < DRAWS; draw++) {
      double sum = 0;
      for (double difference : differences) {
        sum += random.nextBoolean() ? difference : -difference;
      }
      asFar += Math.abs(sum) >= observed ? 1 : 0;
    }
    return asFar / (DRAWS + 1.0);
  }

  /**
   * Says how far means over repetitions, such as seeds, scatter.
   *
   * @param values a number per repetition, at least two
   * @return the standard error of their mean: the sample deviation over the root of their number
   * @throws IllegalArgumentException if there are fewer than two or one is not finite
   */
  public static double standardError(double[] values) {
    check(values);
    if (values.length < 2) {
      throw new IllegalArgumentException("one number has no standard error; give at least two");
    }
    double mean = average(values);
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / (values.length - 1.0) / values.length);
  }

  private static double[] differences(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          a.length + " numbers against " + b.length + "; give both systems' for the same items");
    }
    double[] differences = new double[a.length];
    Arrays.setAll(differences, i -> a[i] - b[i]);
    check(differences);
    return differences;
  }

  private static void check(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("there are no numbers; measure at least one item");
    }
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "number " + i + " is " + values[i] + "; leave out items that could not be measured");
      }
    }
  }

  private static double average(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }
}
