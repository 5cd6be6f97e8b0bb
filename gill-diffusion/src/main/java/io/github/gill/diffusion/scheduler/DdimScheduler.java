package io.github.gill.diffusion.scheduler;

import org.jspecify.annotations.Nullable;

/** Denoising diffusion implicit models without noise, η = 0 (arXiv 2010.02502, equation 12). */
final class DdimScheduler extends VarianceScheduler {

  private final float clip;

  /**
   * Makes a run.
   *
   * @param clip the largest magnitude of predicted clean latents; infinite for none
   */
  DdimScheduler(
      SchedulerConfig config,
      NoiseSchedule schedule,
      float finalAlphaBar,
      int[] timesteps,
      float clip) {
    super(config, schedule, finalAlphaBar, timesteps, timesteps.length);
    this.clip = clip;
  }

  @Override
  public float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise) {
    float here = alphaBar(timestep(i));
    float there = alphaBar(timestep(i) - stride);
    float signal = root(here);
    float dirt = root(1 - here);
    float nextSignal = root(there);
    float nextDirt = root(1 - there);
    float[] next = new float[sample.length];
    for (int j = 0; j < next.length; j++) {
      float original;
      float epsilon;
      switch (predicts) {
        case EPSILON -> {
          original = (sample[j] - dirt * prediction[j]) / signal;
          epsilon = prediction[j];
        }
        case V_PREDICTION -> {
          original = signal * sample[j] - dirt * prediction[j];
          epsilon = signal * prediction[j] + dirt * sample[j];
        }
        default -> {
          original = prediction[j];
          epsilon = (sample[j] - signal * original) / dirt;
        }
      }
      original = Math.min(Math.max(original, -clip), clip);
      next[j] = nextSignal * original + nextDirt * epsilon;
    }
    return next;
  }
}
