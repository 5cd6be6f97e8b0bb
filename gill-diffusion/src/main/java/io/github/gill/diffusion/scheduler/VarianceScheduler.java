package io.github.gill.diffusion.scheduler;

/**
 * What samplers over ᾱ have in common: latents are √ᾱ·x₀ + √(1−ᾱ)·ε, which the network sees as they
 * are.
 */
abstract class VarianceScheduler implements Scheduler {

  private final float[] alphaBars;
  private final float finalAlphaBar;
  private final int[] timesteps;

  /** How many training timesteps one step spans. */
  protected final int stride;

  /** What the network predicts. */
  protected final PredictionType predicts;

  /**
   * Keeps the schedule.
   *
   * @param config the model's configuration
   * @param schedule ᾱ
   * @param finalAlphaBar ᾱ after the last step
   * @param timesteps one per call of the network
   * @param steps how many steps were asked for
   */
  protected VarianceScheduler(
      SchedulerConfig config,
      NoiseSchedule schedule,
      float finalAlphaBar,
      int[] timesteps,
      int steps) {
    this.alphaBars = schedule.alphaBars();
    this.finalAlphaBar = finalAlphaBar;
    this.timesteps = timesteps;
    this.stride = schedule.timesteps() / steps;
    this.predicts = config.predictionType();
  }

  @Override
  public final float[] timesteps() {
    float[] all = new float[timesteps.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = timesteps[i];
    }
    return all;
  }

  @Override
  public final float initNoiseSigma() {
    return 1;
  }

  @Override
  public final float[] scaleModelInput(float[] sample, int i) {
    return sample;
  }

  @Override
  public final float[] addNoise(float[] original, float[] noise, int i) {
    float alphaBar = alphaBar(timestep(i));
    float keep = root(alphaBar);
    float bury = root(1 - alphaBar);
    float[] noisy = new float[original.length];
    for (int j = 0; j < noisy.length; j++) {
      noisy[j] = keep * original[j] + bury * noise[j];
    }
    return noisy;
  }

  /** Returns the timestep of step i. */
  final int timestep(int i) {
    return timesteps[i];
  }

  /** Returns ᾱ at a timestep, and the final one below 0. */
  final float alphaBar(int timestep) {
    return timestep >= 0 ? alphaBars[timestep] : finalAlphaBar;
  }

  static float root(float number) {
    return (float) Math.sqrt(number);
  }
}
