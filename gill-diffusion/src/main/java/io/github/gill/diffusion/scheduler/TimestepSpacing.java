package io.github.gill.diffusion.scheduler;

/** How the timesteps of a run are spread over those of the training (arXiv 2305.08891, table 2). */
enum TimestepSpacing {
  /** From 0 to the last timestep, both included. */
  LINSPACE,
  /** Multiples of a whole ratio from 0 upward, then shifted by {@code steps_offset}. */
  LEADING,
  /** From the last timestep downward by a fractional ratio. */
  TRAILING;

  /**
   * Spreads timesteps.
   *
   * @param last one more than the highest timestep in use
   * @param trained the number of training timesteps
   * @param steps how many are wanted
   * @param offset {@code steps_offset}
   * @return descending timesteps, not yet rounded for {@link #LINSPACE}
   */
  double[] spread(int last, int trained, int steps, int offset) {
    double[] timesteps = new double[steps];
    // Ties of the rounding fall as they do in numpy's arange, which steps by this difference.
    double stride = (last - (double) trained / steps) - last;
    for (int i = 0; i < steps; i++) {
      timesteps[i] =
          switch (this) {
            case LINSPACE -> linspace(0, last - 1, steps, steps - 1 - i);
            case LEADING -> (steps - 1 - i) * (last / steps) + offset;
            case TRAILING -> Math.rint(last + i * stride) - 1;
          };
    }
    return timesteps;
  }

  /** Returns element i of {@code steps} evenly spaced numbers from {@code start} to {@code end}. */
  static double linspace(double start, double end, int steps, int i) {
    if (steps == 1) {
      return start;
    }
    return i == steps - 1 ? end : start + i * ((end - start) / (steps - 1));
  }
}
