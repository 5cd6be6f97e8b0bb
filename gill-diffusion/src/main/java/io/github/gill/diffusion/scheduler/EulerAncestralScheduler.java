package io.github.gill.diffusion.scheduler;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Euler's method that goes below the next σ and returns to it with fresh noise. */
final class EulerAncestralScheduler extends SigmaScheduler {

  EulerAncestralScheduler(SchedulerConfig config, double[] timesteps, float[] sigmas) {
    super(config, timesteps, sigmas);
  }

  @Override
  public boolean needsNoise() {
    return true;
  }

  @Override
  public float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise) {
    Objects.requireNonNull(noise, "an ancestral step needs noise");
    float[] derivative = derivative(prediction, i, sample);
    float from = sigmas[i] * sigmas[i];
    float to = sigmas[i + 1] * sigmas[i + 1];
    float up = (float) Math.sqrt(to * (from - to) / from);
    float down = (float) Math.sqrt(to - up * up);
    float width = down - sigmas[i];
    float[] next = new float[sample.length];
    for (int j = 0; j < next.length; j++) {
      next[j] = sample[j] + derivative[j] * width + noise[j] * up;
    }
    return next;
  }
}
