package io.github.gill.retrieval;

import java.util.Arrays;

/**
 * Linear discriminant analysis with a shrunk covariance (Friedman 1989): the labels' clouds are
 * taken as normal with one covariance S between them, and S as (1 − a) S + a (tr S / D) I, which
 * keeps its estimate sound where there are fewer examples than features.
 *
 * <p>The few systems of equations are solved by conjugate gradients on the examples themselves, so
 * S is never built. Nothing is random.
 */
final class ShrunkDiscriminant {

  private static final int ITERATIONS = 500;
  private static final double PRECISION = 1e-6;

  private final float[][] deviations;
  private final double[][] means;
  private final double shrinkage;
  private final double ridge;

  /**
   * Prepares a fit.
   *
   * @param rows examples of equal length, brought to like scales
   * @param labels one per row, 0 to classes − 1, each at least once
   * @param classes how many labels there are
   * @param shrinkage a, above 0 to 1
   */
  ShrunkDiscriminant(float[][] rows, int[] labels, int classes, double shrinkage) {
    int inputs = rows[0].length;
    this.shrinkage = shrinkage;
    means = new double[classes][inputs];
    int[] counts = new int[classes];
    for (int n = 0; n < rows.length; n++) {
      counts[labels[n]]++;
      for (int i = 0; i < inputs; i++) {
        means[labels[n]][i] += rows[n][i];
      }
    }
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < inputs; i++) {
        means[c][i] /= counts[c];
      }
    }
    deviations = new float[rows.length][inputs];
    double trace = 0;
    for (int n = 0; n < rows.length; n++) {
      for (int i = 0; i < inputs; i++) {
        deviations[n][i] = (float) (rows[n][i] - means[labels[n]][i]);
        trace += (double) deviations[n][i] * deviations[n][i] / rows.length;
      }
    }
    ridge = shrinkage * Math.max(trace / inputs, 1e-12);
  }

  /**
   * Fits.
   *
   * @param shares how often each label is expected, summing to 1
   * @return the layer whose softmax gives the labels' probabilities
   */
  LinearLayer fit(double[] shares) {
    int inputs = means[0].length;
    float[] weight = new float[means.length * inputs];
    float[] bias = new float[means.length];
    for (int c = 0; c < means.length; c++) {
      double[] direction = solve(means[c]);
      for (int i = 0; i < inputs; i++) {
        weight[c * inputs + i] = (float) direction[i];
      }
      bias[c] = (float) (Math.log(shares[c]) - dot(direction, means[c]) / 2);
    }
    return new LinearLayer(weight, bias);
  }

  private double[] solve(double[] right) {
    double[] solution = new double[right.length];
    double[] residual = right.clone();
    double[] step = right.clone();
    double size = dot(residual, residual);
    double enough = size * PRECISION * PRECISION;
    for (int k = 0; k < ITERATIONS && size > enough; k++) {
      double[] image = multiply(step);
      double length = size / dot(step, image);
      for (int i = 0; i < step.length; i++) {
        solution[i] += length * step[i];
        residual[i] -= length * image[i];
      }
      double next = dot(residual, residual);
      for (int i = 0; i < step.length; i++) {
        step[i] = residual[i] + next / size * step[i];
      }
      size = next;
    }
    return solution;
  }

  /** The shrunk covariance times a vector. */
  private double[] multiply(double[] vector) {
    double[] image = new double[vector.length];
    Arrays.setAll(image, i -> ridge * vector[i]);
    for (float[] row : deviations) {
      double along = 0;
      for (int i = 0; i < row.length; i++) {
        along += row[i] * vector[i];
      }
      along *= (1 - shrinkage) / deviations.length;
      for (int i = 0; i < row.length; i++) {
        image[i] += along * row[i];
      }
    }
    return image;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
