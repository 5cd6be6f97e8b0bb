package io.github.gill.diffusion.scheduler;

/**
 * ᾱ of every training timestep: how much of the picture is left under the noise.
 *
 * @param alphaBars ᾱₜ for t = 0, 1, …, descending
 */
@SuppressWarnings("ArrayRecordComponent") // Private to this package, never written to.
record NoiseSchedule(float[] alphaBars) {

  private static final double MAXIMAL_COSINE_BETA = 0.999;

  /** Accumulates ᾱₜ = Π (1 − βₛ), s ≤ t. */
  static NoiseSchedule of(float[] betas) {
    float[] alphaBars = new float[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      product *= 1f - betas[t];
      alphaBars[t] = (float) product;
    }
    return new NoiseSchedule(alphaBars);
  }

  /** β rising evenly from start to end. */
  static float[] linear(double start, double end, int timesteps) {
    float[] betas = new float[timesteps];
    float first = (float) start;
    float last = (float) end;
    float step = timesteps == 1 ? 0 : (last - first) / (timesteps - 1);
    for (int t = 0; t < timesteps; t++) {
      // Counted from the nearer end, as libtorch's linspace does.
      betas[t] = t < timesteps / 2 ? first + step * t : last - step * (timesteps - t - 1);
    }
    return betas;
  }

  /** √β rising evenly: the schedule of latent diffusion. */
  static float[] scaledLinear(double start, double end, int timesteps) {
    float[] betas = linear(Math.sqrt(start), Math.sqrt(end), timesteps);
    for (int t = 0; t < timesteps; t++) {
      betas[t] *= betas[t];
    }
    return betas;
  }

  /** β from a squared cosine of ᾱ (arXiv 2102.09672, equation 17). */
  static float[] squaredCosine(int timesteps) {
    float[] betas = new float[timesteps];
    for (int t = 0; t < timesteps; t++) {
      double ratio = cosineAlphaBar((t + 1.0) / timesteps) / cosineAlphaBar((double) t / timesteps);
      betas[t] = (float) Math.min(1 - ratio, MAXIMAL_COSINE_BETA);
    }
    return betas;
  }

  private static double cosineAlphaBar(double time) {
    double cosine = Math.cos((time + 0.008) / 1.008 * Math.PI / 2);
    return cosine * cosine;
  }

  /** Shifts and scales √ᾱ so that nothing of the picture is left at the end (arXiv 2305.08891). */
  static float[] withZeroTerminalSnr(float[] betas) {
    float[] root = of(betas).alphaBars().clone();
    int last = root.length - 1;
    for (int t = 0; t <= last; t++) {
      root[t] = (float) Math.sqrt(root[t]);
    }
    float end = root[last];
    float stretch = root[0] / (root[0] - end);
    float[] rescaled = new float[betas.length];
    float before = 1;
    for (int t = 0; t <= last; t++) {
      float moved = (root[t] - end) * stretch;
      float alphaBar = moved * moved;
      rescaled[t] = 1f - alphaBar / before;
      before = alphaBar;
    }
    return rescaled;
  }

  /** Replaces an ᾱ of 0 at the end by the smallest that keeps σ finite. */
  NoiseSchedule withFiniteSigmas() {
    float[] finite = alphaBars.clone();
    finite[finite.length - 1] = 0x1p-24f;
    return new NoiseSchedule(finite);
  }

  int timesteps() {
    return alphaBars.length;
  }

  /** σₜ = √((1 − ᾱₜ) / ᾱₜ) of every training timestep, ascending. */
  float[] sigmas() {
    float[] sigmas = new float[alphaBars.length];
    for (int t = 0; t < sigmas.length; t++) {
      sigmas[t] = (float) Math.sqrt((1f - alphaBars[t]) / alphaBars[t]);
    }
    return sigmas;
  }

  /** Counts the timesteps from 0 up whose λ = log √ᾱ − log √(1−ᾱ) is at least a bound. */
  int timestepsAbove(double lambda) {
    int count = 0;
    for (float alphaBar : alphaBars) {
      double signal = Math.log((float) Math.sqrt(alphaBar));
      if (signal - Math.log((float) Math.sqrt(1f - alphaBar)) >= lambda) {
        count++;
      }
    }
    return count;
  }
}
