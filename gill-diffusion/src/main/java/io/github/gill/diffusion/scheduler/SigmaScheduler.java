package io.github.gill.diffusion.scheduler;

/**
 * What samplers over σ have in common (arXiv 2206.00364): latents are x₀ + σ·ε, and the network
 * sees them divided by √(σ² + 1).
 */
abstract class SigmaScheduler implements Scheduler {

  private final PredictionType predicts;
  private final float[] timesteps;
  private final float initNoiseSigma;

  /** σ before each step, and 0 (or the smallest σ) after the last. */
  protected final float[] sigmas;

  /**
   * Keeps the noise levels.
   *
   * @param config the model's configuration
   * @param timesteps one per step
   * @param sigmas one more than timesteps
   */
  protected SigmaScheduler(SchedulerConfig config, double[] timesteps, float[] sigmas) {
    this.predicts = config.predictionType();
    this.timesteps = Sigmas.toFloats(timesteps, timesteps.length);
    this.sigmas = sigmas;
    float largest = 0;
    for (float sigma : sigmas) {
      largest = Math.max(largest, sigma);
    }
    boolean startsBelowPureNoise =
        config.spacing(TimestepSpacing.LINSPACE) == TimestepSpacing.LEADING;
    this.initNoiseSigma = startsBelowPureNoise ? (float) Math.sqrt(largest * largest + 1) : largest;
  }

  @Override
  public final float[] timesteps() {
    return timesteps.clone();
  }

  @Override
  public final float initNoiseSigma() {
    return initNoiseSigma;
  }

  @Override
  public final float[] scaleModelInput(float[] sample, int i) {
    float scale = (float) Math.sqrt(sigmas[i] * sigmas[i] + 1);
    float[] scaled = new float[sample.length];
    for (int j = 0; j < sample.length; j++) {
      scaled[j] = sample[j] / scale;
    }
    return scaled;
  }

  @Override
  public final float[] addNoise(float[] original, float[] noise, int i) {
    float[] noisy = new float[original.length];
    for (int j = 0; j < noisy.length; j++) {
      noisy[j] = original[j] + noise[j] * sigmas[i];
    }
    return noisy;
  }

  /**
   * Computes dx/dσ = (x − x₀) / σ.
   *
   * @param prediction the network's
   * @param i the step
   * @param sample x
   * @return the derivative
   */
  protected final float[] derivative(float[] prediction, int i, float[] sample) {
    float sigma = sigmas[i];
    float variance = sigma * sigma + 1;
    float out = -sigma / (float) Math.sqrt(variance);
    float[] derivative = new float[sample.length];
    for (int j = 0; j < derivative.length; j++) {
      float original =
          switch (predicts) {
            case EPSILON -> sample[j] - sigma * prediction[j];
            case V_PREDICTION -> prediction[j] * out + sample[j] / variance;
            case SAMPLE -> prediction[j];
          };
      derivative[j] = (sample[j] - original) / sigma;
    }
    return derivative;
  }
}
