package io.github.gill;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Samplers with the number of steps that they are good at. */
public enum Quality {
  /** 50 steps of the model's own sampler, as in the original. */
  ORIGINAL(null, 50),
  /**
   * 20 steps of DPM-Solver++ over Karras' sigmas: pictures of much the same quality (Lu et al.
   * 2022, arXiv 2211.01095) in two fifths of the time.
   */
  FAST(SchedulerKind.DPMPP_2M_KARRAS, 20);

  private final @Nullable SchedulerKind scheduler;
  private final int steps;

  Quality(@Nullable SchedulerKind scheduler, int steps) {
    this.scheduler = scheduler;
    this.steps = steps;
  }

  /**
   * Returns the sampler.
   *
   * @return how a step is taken; null for the model's own
   */
  public @Nullable SchedulerKind scheduler() {
    return scheduler;
  }

  /**
   * Returns the number of steps.
   *
   * @return denoising steps
   */
  public int steps() {
    return steps;
  }

  /**
   * Parses a name as the command line spells it.
   *
   * @param name {@code original} or {@code fast}, in any case
   * @return the preset of that name
   * @throws IllegalArgumentException if there is none
   */
  public static Quality parse(String name) {
    for (Quality quality : values()) {
      if (quality.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return quality;
      }
    }
    throw new IllegalArgumentException(
        "quality is \"" + name + "\"; use one of " + Arrays.toString(values()));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
