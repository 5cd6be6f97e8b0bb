package io.github.gill.diffusion;

import io.github.gill.diffusion.scheduler.Scheduler;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Progress;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The loop from noise to latents for one batch of pictures.
 *
 * <p>Axes: n pictures, L latent channels, h × w latent pixels.
 */
final class Denoising {

  private final UNet unet;
  private final Vae vae;
  private final Scheduler scheduler;
  private final Noise noise;
  private final double guidance;
  private final long[] shape;

  /**
   * Makes a loop.
   *
   * @param unet predicts
   * @param vae draws previews
   * @param scheduler steps; fresh
   * @param noise the random stream of these pictures
   * @param guidance the scale of classifier-free guidance
   * @param shape n, L, h, w
   */
  Denoising(UNet unet, Vae vae, Scheduler scheduler, Noise noise, double guidance, long... shape) {
    this.unet = unet;
    this.vae = vae;
    this.scheduler = scheduler;
    this.noise = noise;
    this.guidance = guidance;
    this.shape = shape;
  }

  /** Draws the latents of pure noise. */
  float[] pureNoise() {
    float[] latents = noise.draw(shape);
    for (int j = 0; j < latents.length; j++) {
      latents[j] *= scheduler.initNoiseSigma();
    }
    return latents;
  }

  /**
   * Buries a picture's latents in noise, drawn as the reference does: once for the picture's own
   * latents, then for each that starts from it.
   *
   * @param picture its latents' distribution
   * @param firstStep the step to start from
   * @return n noisy copies
   */
  float[] buried(Vae.Posterior picture, int firstStep) {
    float[] clean = vae.scaled(picture.sample(noise.draw(1, shape[1], shape[2], shape[3])));
    float[] copies = new float[(int) shape[0] * clean.length];
    for (int k = 0; k < shape[0]; k++) {
      System.arraycopy(clean, 0, copies, k * clean.length, clean.length);
    }
    return scheduler.addNoise(copies, noise.draw(shape), firstStep);
  }

  /**
   * Draws the numbers that a run would, and forgets them.
   *
   * @param picture what the run would start from, or null for pure noise
   * @param firstStep the step it would start from
   */
  void skip(Vae.@Nullable Posterior picture, int firstStep) {
    if (picture != null) {
      noise.draw(1, shape[1], shape[2], shape[3]);
    }
    noise.draw(shape);
    if (scheduler.needsNoise()) {
      for (int i = firstStep; i < scheduler.timesteps().length; i++) {
        noise.draw(shape);
      }
    }
  }

  /**
   * Runs the steps.
   *
   * @param latents those before the first step
   * @param firstStep the step to start from
   * @param conditioning as {@link UNet#prepare} takes it
   * @param progress asked before and told after each step
   * @param trace where to put the first picture's latents before the first and after each step, or
   *     null
   * @return the latents after the last step
   */
  float[] run(
      float[] latents,
      int firstStep,
      List<Matrix> conditioning,
      Progress progress,
      @Nullable List<float[]> trace) {
    float[] timesteps = scheduler.timesteps();
    record(trace, latents);
    try (Scope scope = new Scope()) {
      Value state = unet.prepare(scope, timesteps, conditioning);
      for (int i = firstStep; i < timesteps.length; i++) {
        progress.check();
        float[] seen = scheduler.scaleModelInput(latents, i);
        float[] prediction = unet.step(state, seen, i, guidance, shape);
        latents =
            scheduler.step(
                prediction, i, latents, scheduler.needsNoise() ? noise.draw(shape) : null);
        record(trace, latents);
        float[] standing =
            i + 1 < timesteps.length ? scheduler.scaleModelInput(latents, i + 1) : latents;
        progress.step(
            i - firstStep + 1, timesteps.length - firstStep, () -> preview(standing, progress));
      }
    }
    return latents;
  }

  private void record(@Nullable List<float[]> trace, float[] latents) {
    if (trace != null) {
      trace.add(Arrays.copyOf(latents, latents.length / (int) shape[0]));
    }
  }

  /** Draws the first picture at half its size: a quarter of the cost, and less of the noise. */
  private BufferedImage preview(float[] latents, Progress progress) {
    int height = (int) shape[2] / 2;
    int width = (int) shape[3] / 2;
    if (height == 0 || width == 0) {
      return vae.decode(first(latents), (int) shape[2], (int) shape[3], progress);
    }
    float[] half = new float[(int) shape[1] * height * width];
    int line = (int) shape[3];
    for (int j = 0; j < half.length; j++) {
      int at = (j / (height * width) * (int) shape[2] + j / width % height * 2) * line;
      at += j % width * 2;
      half[j] = (latents[at] + latents[at + 1] + latents[at + line] + latents[at + line + 1]) / 4;
    }
    return vae.decode(half, height, width, progress);
  }

  private float[] first(float[] latents) {
    return Arrays.copyOf(latents, latents.length / (int) shape[0]);
  }

  /** Splits a batch's latents into those of each picture. */
  List<float[]> pictures(float[] latents) {
    int size = latents.length / (int) shape[0];
    List<float[]> pictures = new ArrayList<>();
    for (int k = 0; k < shape[0]; k++) {
      pictures.add(Arrays.copyOfRange(latents, k * size, (k + 1) * size));
    }
    return pictures;
  }
}
