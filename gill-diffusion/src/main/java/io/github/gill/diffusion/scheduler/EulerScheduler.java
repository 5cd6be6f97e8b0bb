package io.github.gill.diffusion.scheduler;

import org.jspecify.annotations.Nullable;

/** Euler's method over σ (arXiv 2206.00364, algorithm 2 without churn). */
final class EulerScheduler extends SigmaScheduler {

  EulerScheduler(SchedulerConfig config, double[] timesteps, float[] sigmas) {
    super(config, timesteps, sigmas);
  }

  @Override
  public float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise) {
    float[] derivative = derivative(prediction, i, sample);
    float width = sigmas[i + 1] - sigmas[i];
    float[] next = new float[sample.length];
    for (int j = 0; j < next.length; j++) {
      next[j] = sample[j] + derivative[j] * width;
    }
    return next;
  }
}
