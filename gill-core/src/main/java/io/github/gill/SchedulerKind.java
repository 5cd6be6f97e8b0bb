package io.github.gill;

import java.util.Arrays;
import java.util.Locale;

/** The samplers that turn noise into latents. */
public enum SchedulerKind {
  /** Pseudo linear multistep without Runge-Kutta steps; the original's. */
  PNDM,
  /** Deterministic DDIM (η = 0). */
  DDIM,
  /** DPM-Solver++ of second order, multistep. */
  DPMPP_2M,
  /** DPM-Solver++ of second order over Karras' sigmas. */
  DPMPP_2M_KARRAS,
  /** Euler's method over sigmas. */
  EULER,
  /** Euler's method with ancestral noise. */
  EULER_A,
  /** Linear multistep over sigmas. */
  LMS;

  /**
   * Parses a name as the command line spells it.
   *
   * @param name for example {@code dpmpp_2m_karras}, in any case
   * @return the scheduler of that name
   * @throws IllegalArgumentException if there is none
   */
  public static SchedulerKind parse(String name) {
    for (SchedulerKind kind : values()) {
      if (kind.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "scheduler is \"" + name + "\"; use one of " + Arrays.toString(values()));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
