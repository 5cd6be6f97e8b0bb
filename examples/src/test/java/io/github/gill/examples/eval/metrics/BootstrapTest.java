package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BootstrapTest {

  private static double[] normal(long seed, double mean, int count) {
    Random random = new Random(seed);
    return DoubleStream.generate(() -> mean + random.nextGaussian()).limit(count).toArray();
  }

  /** For many normal numbers the interval is the mean ± 1.96 standard errors, within 4% of them. */
  @Test
  void agreesWithTheNormalIntervalOnNormalNumbers() {
    double[] values = normal(1, 5, 2000);
    Interval interval = Bootstrap.mean(values, 7);
    double half = 1.96 * Bootstrap.standardError(values);
    assertEquals(Arrays.stream(values).average().orElseThrow(), interval.mean(), 1e-12);
    assertEquals(interval.mean() - half, interval.low(), 0.04 * half);
    assertEquals(interval.mean() + half, interval.high(), 0.04 * half);
    assertEquals(2000, interval.n());
    assertEquals(interval, Bootstrap.mean(values, 7));
  }

  /** Intervals of 200 samples hold the true mean in 95% of the cases, within 4 points. */
  @Test
  void holdsTheTrueMeanAsOftenAsItSays() {
    long held =
        IntStream.range(0, 200)
            .mapToObj(seed -> Bootstrap.mean(normal(seed, 2, 60), seed))
            .filter(interval -> interval.low() <= 2 && 2 <= interval.high())
            .count();
    assertTrue(held >= 182 && held <= 198, held + " of 200");
  }

  @Test
  void pairsItems() {
    double[] a = normal(3, 0, 50);
    double[] b = Arrays.stream(a).map(x -> x + 0.1).toArray();
    Interval difference = Bootstrap.difference(b, a, 1);
    assertEquals(0.1, difference.low(), 1e-9);
    assertEquals(0.1, difference.high(), 1e-9);
    assertTrue(Bootstrap.pairedPValue(a, b, 1) < 0.001);
  }

  /** Of the 16 sign flips of 1, 2, 3, 4 two are as far from 0: p = 1/8. Of 1, −1 all: p = 1. */
  @Test
  void agreesWithCountingAllSignFlips() {
    assertEquals(0.125, Bootstrap.pairedPValue(new double[] {1, 2, 3, 4}, new double[4], 1), 0.01);
    assertEquals(1, Bootstrap.pairedPValue(new double[] {0.1, 0.2}, new double[] {0.2, 0.1}, 1));
  }

  /** Under the null hypothesis p is below 0.1 in 10% of the cases, within 5 points. */
  @Test
  void rarelyRejectsWhatIsTrue() {
    long rejected =
        IntStream.range(0, 200)
            .mapToDouble(
                seed ->
                    Bootstrap.pairedPValue(normal(seed, 0, 30), normal(seed + 999, 0, 30), seed))
            .filter(p -> p < 0.1)
            .count();
    assertTrue(rejected >= 10 && rejected <= 30, rejected + " of 200");
  }

  @Test
  void computesTheStandardError() {
    assertEquals(Math.sqrt(5.0 / 3 / 4), Bootstrap.standardError(new double[] {1, 2, 3, 4}), 1e-12);
  }

  @Test
  void refusesWhatCannotBeMeasured() {
    refuses("there are no numbers", () -> Bootstrap.mean(new double[0], 1));
    refuses("number 1 is NaN", () -> Bootstrap.mean(new double[] {1, Double.NaN}, 1));
    refuses("2 numbers against 1", () -> Bootstrap.difference(new double[2], new double[1], 1));
    refuses("at least two", () -> Bootstrap.standardError(new double[1]));
  }

  private static void refuses(String message, org.junit.jupiter.api.function.Executable call) {
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, call);
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
