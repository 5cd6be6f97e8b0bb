package io.github.gill.diffusion.scheduler;

import org.jspecify.annotations.Nullable;

/**
 * DPM-Solver++ of second order, multistep, midpoint (arXiv 2211.01095, algorithm 2). The last step
 * is of first order where the schedule ends at σ = 0 or has fewer than 15 steps.
 */
final class DpmSolverMultistepScheduler implements Scheduler {

  private static final int FEW_STEPS = 15;

  private final PredictionType predicts;
  private final float[] timesteps;
  private final float[] sigmas;
  private final boolean lastStepFirstOrder;
  private float @Nullable [] before;

  DpmSolverMultistepScheduler(SchedulerConfig config, double[] timesteps, float[] sigmas) {
    this.predicts = config.predictionType();
    this.timesteps = Sigmas.toFloats(timesteps, timesteps.length);
    this.sigmas = sigmas;
    this.lastStepFirstOrder =
        sigmas[timesteps.length] == 0
            || config.flag("euler_at_final", false)
            || (config.flag("lower_order_final", true) && timesteps.length < FEW_STEPS);
  }

  @Override
  public float[] timesteps() {
    return timesteps.clone();
  }

  @Override
  public float initNoiseSigma() {
    return 1;
  }

  @Override
  public float[] scaleModelInput(float[] sample, int i) {
    return sample;
  }

  @Override
  public float[] addNoise(float[] original, float[] noise, int i) {
    float alpha = alpha(sigmas[i]);
    float sigma = sigmas[i] * alpha;
    float[] noisy = new float[original.length];
    for (int j = 0; j < noisy.length; j++) {
      noisy[j] = alpha * original[j] + sigma * noise[j];
    }
    return noisy;
  }

  @Override
  public float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise) {
    float[] original = original(prediction, i, sample);
    float[] earlier = before;
    before = original;
    boolean last = i == timesteps.length - 1;
    float alpha = alpha(sigmas[i + 1]);
    float width = logSnr(sigmas[i + 1]) - logSnr(sigmas[i]);
    float ratio = sigmas[i + 1] * alpha / (sigmas[i] * alpha(sigmas[i]));
    float gain = alpha * ((float) Math.exp(-width) - 1);
    float[] next = new float[sample.length];
    for (int j = 0; j < next.length; j++) {
      next[j] = ratio * sample[j] - gain * original[j];
    }
    if (earlier != null && !(last && lastStepFirstOrder)) {
      float slope = 1 / ((logSnr(sigmas[i]) - logSnr(sigmas[i - 1])) / width);
      for (int j = 0; j < next.length; j++) {
        next[j] -= 0.5f * gain * (slope * (original[j] - earlier[j]));
      }
    }
    return next;
  }

  private float[] original(float[] prediction, int i, float[] sample) {
    float alpha = alpha(sigmas[i]);
    float sigma = sigmas[i] * alpha;
    float[] original = new float[sample.length];
    for (int j = 0; j < original.length; j++) {
      original[j] =
          switch (predicts) {
            case EPSILON -> (sample[j] - sigma * prediction[j]) / alpha;
            case V_PREDICTION -> alpha * sample[j] - sigma * prediction[j];
            case SAMPLE -> prediction[j];
          };
    }
    return original;
  }

  /** α of variance-preserving latents α·x₀ + α·σ·ε. */
  private static float alpha(float sigma) {
    return 1 / (float) Math.sqrt(sigma * sigma + 1);
  }

  /** λ = log α − log (α·σ). */
  private static float logSnr(float sigma) {
    float alpha = alpha(sigma);
    return (float) Math.log(alpha) - (float) Math.log(sigma * alpha);
  }
}
