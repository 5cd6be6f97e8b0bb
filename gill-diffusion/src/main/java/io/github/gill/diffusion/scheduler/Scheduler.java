package io.github.gill.diffusion.scheduler;

import org.jspecify.annotations.Nullable;

/**
 * One run of a sampler from noise to latents.
 *
 * <p>Latents, noise and predictions are fp32 arrays of one length in the same order of axes; no
 * method changes or keeps its arguments but {@link #step}, which may keep the prediction and the
 * sample until the run ends. Steps are taken in ascending order, from 0 or, for image-to-image,
 * from a later one. Not thread-safe.
 */
public interface Scheduler {

  /**
   * Returns the timesteps at which the network is asked, one per step.
   *
   * @return training timesteps, descending; fractional for samplers that interpolate. PNDM asks
   *     once more than the number of steps requested.
   */
  float[] timesteps();

  /**
   * Returns the standard deviation of the latents that a run from pure noise starts with.
   *
   * @return what standard normal noise is multiplied by
   */
  float initNoiseSigma();

  /**
   * Prepares latents for the network.
   *
   * @param sample the latents before step i
   * @param i the step's index in {@link #timesteps}
   * @return what the network sees; the same array if nothing changes
   */
  float[] scaleModelInput(float[] sample, int i);

  /**
   * Says whether each step adds fresh noise.
   *
   * @return true if {@link #step} wants noise
   */
  default boolean needsNoise() {
    return false;
  }

  /**
   * Takes one step.
   *
   * @param prediction what the network answered for step i, after guidance
   * @param i the step's index in {@link #timesteps}
   * @param sample the latents before the step, unscaled
   * @param noise fresh standard normal noise if {@link #needsNoise}, otherwise ignored
   * @return the latents after the step
   */
  float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise);

  /**
   * Buries clean latents in as much noise as the latents before step i hold.
   *
   * @param original clean latents
   * @param noise standard normal noise
   * @param i the step's index in {@link #timesteps}
   * @return the latents from which image-to-image starts at step i
   */
  float[] addNoise(float[] original, float[] noise, int i);
}
