package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CrossValidationTest {

  /** Worked out by hand: deviation 0.01581, ratio 1/4, t of 4 degrees of freedom 2.776. */
  @Test
  void widensTheIntervalByWhatFoldsShare() {
    double[] a = {0.81, 0.82, 0.83, 0.84, 0.85};
    double[] b = {0.80, 0.80, 0.80, 0.80, 0.80};
    Interval gain = CrossValidation.difference(a, b, 5);
    assertEquals(0.03, gain.mean(), 1e-12);
    double reach = 2.776 * Math.sqrt((1 / 5.0 + 1 / 4.0) * 0.00025);
    assertEquals(0.03 - reach, gain.low(), 1e-4);
    assertEquals(0.03 + reach, gain.high(), 1e-4);
    assertEquals(5, gain.n());
    Interval plain = Bootstrap.difference(a, b, 1);
    assertTrue(plain.low() > gain.low() && plain.high() < gain.high(), plain + " and " + gain);
  }

  /** Against Student's printed tables. */
  @Test
  void knowsStudentsQuantiles() {
    assertEquals(2.776, CrossValidation.quantile(4), 0.01);
    assertEquals(2.262, CrossValidation.quantile(9), 0.001);
    assertEquals(2.145, CrossValidation.quantile(14), 0.001);
    assertEquals(1.984, CrossValidation.quantile(100), 0.001);
  }

  @Test
  void refusesScoresThatDoNotPairUp() {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> CrossValidation.difference(new double[6], new double[5], 5));
    assertTrue(refusal.getMessage().startsWith("6 scores against 5"), refusal.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> CrossValidation.difference(new double[4], new double[4], 2));
  }
}
