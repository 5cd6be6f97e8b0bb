package io.github.gill.diffusion.scheduler;

/** Noise levels σ of a run and the timesteps that go with them. */
final class Sigmas {

  private static final double KARRAS_RHO = 7;

  private Sigmas() {}

  /** Reads σ between training timesteps. */
  static double[] at(double[] timesteps, float[] trained) {
    double[] sigmas = new double[timesteps.length];
    for (int i = 0; i < timesteps.length; i++) {
      double t = Math.min(Math.max(timesteps[i], 0), trained.length - 1);
      int low = Math.min((int) t, trained.length - 2);
      sigmas[i] = trained[low] + (t - low) * ((double) trained[low + 1] - trained[low]);
    }
    return sigmas;
  }

  /** σ evenly spaced in σ^(1/7) (arXiv 2206.00364, equation 5), descending. */
  static double[] karras(double smallest, double largest, int steps) {
    double from = Math.pow(largest, 1 / KARRAS_RHO);
    double to = Math.pow(smallest, 1 / KARRAS_RHO);
    double[] sigmas = new double[steps];
    for (int i = 0; i < steps; i++) {
      double ramp = TimestepSpacing.linspace(0, 1, steps, i);
      sigmas[i] = Math.pow(from + ramp * (to - from), KARRAS_RHO);
    }
    return sigmas;
  }

  /** Finds the fractional timesteps whose log σ are given, by interpolation. */
  static double[] timestepsOf(double[] sigmas, float[] trained) {
    double[] timesteps = new double[sigmas.length];
    for (int i = 0; i < sigmas.length; i++) {
      double wanted = Math.log(Math.max(sigmas[i], 1e-10));
      int low = 0;
      for (int t = 1; t < trained.length - 1 && logOf(trained[t]) <= wanted; t++) {
        low = t;
      }
      float below = logOf(trained[low]);
      float above = logOf(trained[low + 1]);
      double weight = Math.min(Math.max((below - wanted) / (below - above), 0), 1);
      timesteps[i] = (1 - weight) * low + weight * (low + 1);
    }
    return timesteps;
  }

  private static float logOf(float sigma) {
    return (float) Math.log(sigma);
  }

  /** Rounds to fp32 and appends the σ after the last step. */
  static float[] ending(double[] sigmas, float last) {
    float[] all = toFloats(sigmas, sigmas.length + 1);
    all[sigmas.length] = last;
    return all;
  }

  static float[] toFloats(double[] numbers, int length) {
    float[] floats = new float[length];
    for (int i = 0; i < numbers.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }
}
