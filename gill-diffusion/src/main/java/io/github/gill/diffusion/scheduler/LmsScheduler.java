package io.github.gill.diffusion.scheduler;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Linear multistep over σ: integrates the polynomial through the last four derivatives
 * (Adams–Bashforth with uneven steps).
 */
final class LmsScheduler extends SigmaScheduler {

  private static final int ORDER = 4;

  /** The nodes of two-point Gauss quadrature, which is exact for the cubics integrated here. */
  private static final double GAUSS_NODE = Math.sqrt(1.0 / 3);

  private final Deque<float[]> derivatives = new ArrayDeque<>(); // newest first

  LmsScheduler(SchedulerConfig config, double[] timesteps, float[] sigmas) {
    super(config, timesteps, sigmas);
  }

  @Override
  public float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise) {
    derivatives.addFirst(derivative(prediction, i, sample));
    if (derivatives.size() > ORDER) {
      derivatives.removeLast();
    }
    // The order counts from the schedule's first step, not the run's: image-to-image, which starts
    // later, keeps the coefficients of the full order while it has fewer derivatives, as diffusers.
    int order = Math.min(i + 1, ORDER);
    float[] change = new float[sample.length];
    int age = 0;
    for (float[] derivative : derivatives) {
      float coefficient = (float) coefficient(order, i, age++);
      for (int j = 0; j < change.length; j++) {
        change[j] += coefficient * derivative[j];
      }
    }
    for (int j = 0; j < change.length; j++) {
      change[j] += sample[j];
    }
    return change;
  }

  /** Integrates Lagrange's basis polynomial of the derivative {@code age} steps ago over step i. */
  private double coefficient(int order, int i, int age) {
    double centre = ((double) sigmas[i] + sigmas[i + 1]) / 2;
    double half = ((double) sigmas[i + 1] - sigmas[i]) / 2;
    return half
        * (basis(order, i, age, centre - half * GAUSS_NODE)
            + basis(order, i, age, centre + half * GAUSS_NODE));
  }

  private double basis(int order, int i, int age, double sigma) {
    double product = 1;
    for (int k = 0; k < order; k++) {
      if (k != age) {
        product *= (sigma - sigmas[i - k]) / ((double) sigmas[i - age] - sigmas[i - k]);
      }
    }
    return product;
  }
}
