package io.github.gill.diffusion.scheduler;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pseudo linear multistep (arXiv 2202.09778, equations 9 and 12), begun by repeating the first step
 * with the average of two predictions instead of Runge–Kutta steps: the sampler of Stable
 * Diffusion.
 */
final class PndmScheduler extends VarianceScheduler {

  private static final int ORDER = 4;

  private final Deque<float[]> predictions = new ArrayDeque<>(); // newest first
  private int taken;
  private float @Nullable [] repeated;

  PndmScheduler(
      SchedulerConfig config,
      NoiseSchedule schedule,
      float finalAlphaBar,
      int[] timesteps,
      int steps) {
    super(config, schedule, finalAlphaBar, repeatSecond(timesteps), steps);
  }

  /** The second timestep is asked twice: at the end of the first step and for the next. */
  private static int[] repeatSecond(int[] timesteps) {
    if (timesteps.length == 1) {
      return timesteps;
    }
    int[] repeated = new int[timesteps.length + 1];
    System.arraycopy(timesteps, 0, repeated, 0, 2);
    System.arraycopy(timesteps, 1, repeated, 2, timesteps.length - 1);
    return repeated;
  }

  @Override
  public float[] step(float[] prediction, int i, float[] sample, float @Nullable [] noise) {
    int from = timestep(i);
    int to = from - stride;
    float[] start = sample;
    float[] combined;
    if (taken == 1) {
      to = from;
      from += stride;
      start = Objects.requireNonNull(repeated);
      repeated = null;
      combined = average(prediction, predictions.getFirst());
    } else {
      predictions.addFirst(prediction);
      if (predictions.size() > ORDER) {
        predictions.removeLast();
      }
      if (taken == 0) {
        repeated = sample;
      }
      combined = extrapolate();
    }
    taken++;
    return transfer(start, from, to, combined);
  }

  private static float[] average(float[] a, float[] b) {
    float[] average = new float[a.length];
    for (int j = 0; j < average.length; j++) {
      average[j] = (a[j] + b[j]) / 2;
    }
    return average;
  }

  /** Combines the last predictions as Adams and Bashforth do, with as many as there are. */
  private float[] extrapolate() {
    Iterator<float[]> newest = predictions.iterator();
    float[] a = newest.next();
    if (predictions.size() == 1) {
      return a;
    }
    float[] b = newest.next();
    float[] combined = new float[a.length];
    if (predictions.size() == 2) {
      for (int j = 0; j < combined.length; j++) {
        combined[j] = (3 * a[j] - b[j]) / 2;
      }
      return combined;
    }
    float[] c = newest.next();
    if (predictions.size() == 3) {
      for (int j = 0; j < combined.length; j++) {
        combined[j] = (23 * a[j] - 16 * b[j] + 5 * c[j]) / 12;
      }
      return combined;
    }
    float[] d = newest.next();
    for (int j = 0; j < combined.length; j++) {
      combined[j] = (float) (1.0 / 24) * (55 * a[j] - 59 * b[j] + 37 * c[j] - 9 * d[j]);
    }
    return combined;
  }

  /** Moves latents from one timestep to another along a predicted noise (equation 9). */
  private float[] transfer(float[] sample, int from, int to, float[] prediction) {
    float here = alphaBar(from);
    float there = alphaBar(to);
    float signal = root(here);
    float dirt = root(1 - here);
    float scale = root(there / here);
    float difference = there - here;
    float denominator = here * root(1 - there) + root(here * (1 - here) * there);
    float[] next = new float[sample.length];
    for (int j = 0; j < next.length; j++) {
      float epsilon =
          predicts == PredictionType.V_PREDICTION
              ? signal * prediction[j] + dirt * sample[j]
              : prediction[j];
      next[j] = scale * sample[j] - difference * epsilon / denominator;
    }
    return next;
  }
}
