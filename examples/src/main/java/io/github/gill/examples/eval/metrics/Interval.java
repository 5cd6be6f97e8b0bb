package io.github.gill.examples.eval.metrics;

/**
 * A mean and how sure it is.
 *
 * @param mean the mean of the numbers
 * @param low the lower end of its 95% confidence interval
 * @param high the upper end
 * @param n how many numbers there were
 */
public record Interval(double mean, double low, double high, int n) {}
