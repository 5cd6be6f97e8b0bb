package io.github.gill;

import io.github.gill.cuda.CudaDevices;
import io.github.gill.memory.MemoryPlan;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the first placement that fits the memory there is: what was asked for; then diffusion
 * weights kept as the files have them, which changes time but no number; then, only where the
 * caller left quantization open, the language model in 8 and 4 bits.
 */
final class MemoryPlanner {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryPlanner.class);
  private static final double GIBIBYTE = 1L << 30;

  private MemoryPlanner() {}

  /** A placement and what it takes. */
  record Choice(Placement placement, MemoryPlan plan) {}

  /**
   * Chooses.
   *
   * @param wanted what the caller asked for
   * @param open whether the caller left quantization open
   * @param measure what a placement takes
   * @return the first that fits, or else what was asked for
   */
  static Choice choose(Placement wanted, boolean open, Function<Placement, MemoryPlan> measure) {
    Choice first = new Choice(wanted, measure.apply(wanted));
    if (first.plan().fits()) {
      return first;
    }
    for (Placement other : alternatives(wanted)) {
      if (open || other.quantization() == wanted.quantization()) {
        Choice choice = new Choice(other, measure.apply(other));
        if (choice.plan().fits()) {
          LOG.warn("{}; taking {} instead", first.plan().shortage(), choice.plan().settings());
          return choice;
        }
      }
    }
    return first;
  }

  /** Refuses a choice that does not fit, with the settings that would. */
  static void require(Choice choice, Function<Placement, MemoryPlan> measure) {
    if (choice.plan().fits()) {
      return;
    }
    List<String> fitting = new ArrayList<>();
    MemoryPlan least = choice.plan();
    for (Placement other : alternatives(choice.placement())) {
      MemoryPlan plan = measure.apply(other);
      least = plan.needed() < least.needed() ? plan : least;
      if (plan.fits()) {
        fitting.add(described(plan));
      }
    }
    throw new InsufficientMemoryException(
        choice.plan().shortage()
            + (fitting.isEmpty()
                ? "; no setting fits, the least is " + described(least) + "; give it more memory"
                : "; use " + String.join(", or ", fitting)));
  }

  private static String described(MemoryPlan plan) {
    return String.format(Locale.ROOT, "%s (%.2f GiB)", plan.settings(), plan.needed() / GIBIBYTE);
  }

  private static List<Placement> alternatives(Placement wanted) {
    List<Placement> others = new ArrayList<>();
    boolean shrinkable = wanted.language().cuda() || wanted.languagePrecision() == Precision.FP32;
    for (Quantization quantization : Quantization.values()) {
      if (quantization.compareTo(wanted.quantization()) < 0
          || (quantization != Quantization.NONE && !shrinkable)
          || (quantization == Quantization.INT4 && CudaDevices.lacksBfloat16(wanted.language()))) {
        continue;
      }
      others.add(with(wanted, quantization, wanted.diffusion()));
      if (wanted.diffusion().cuda()) {
        others.add(with(wanted, quantization, ComputeDevice.CPU));
      }
    }
    return others;
  }

  private static Placement with(
      Placement wanted, Quantization quantization, ComputeDevice diffusion) {
    boolean moved = !diffusion.equals(wanted.diffusion());
    return new Placement(
        wanted.language(),
        wanted.languagePrecision(),
        quantization,
        diffusion,
        moved ? Precision.FP32 : wanted.diffusionPrecision(),
        !diffusion.cuda());
  }
}
