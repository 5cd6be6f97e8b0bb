package io.github.gill.memory;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.spi.PartReport;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a model would take on each device, and what there is.
 *
 * @param settings the settings that lead to this, in words, such as {@code quantization int8}
 * @param parts what would be loaded
 * @param devices what each device would hold
 */
public record MemoryPlan(String settings, List<PartReport> parts, List<Share> devices) {

  /** What the JVM, its heap at work and libtorch take, measured on Linux. */
  static final long PROCESS_BYTES = 340L << 20;

  /** What a CUDA context with libtorch's kernels takes. */
  static final long CONTEXT_BYTES = 600L << 20;

  private static final double GIBIBYTE = 1L << 30;

  /** Copies the lists. */
  public MemoryPlan {
    parts = List.copyOf(parts);
    devices = List.copyOf(devices);
  }

  /**
   * One device's share.
   *
   * @param device the CPU or a CUDA device
   * @param weights bytes of weights
   * @param working bytes of caches and activations at the parts' usual sizes
   * @param process bytes that the process takes there besides
   * @param available bytes that it can have, or nothing where that is unknown
   */
  public record Share(
      ComputeDevice device, long weights, long working, long process, OptionalLong available) {

    /**
     * Adds up.
     *
     * @return bytes of weights, working memory and the process
     */
    public long needed() {
      return weights + working + process;
    }

    /**
     * Compares.
     *
     * @return whether what is needed is available, true where that is unknown
     */
    public boolean fits() {
      return available.isEmpty() || needed() <= available.getAsLong();
    }
  }

  /**
   * Adds up reports by device.
   *
   * @param settings the settings that lead to this, in words
   * @param parts what would be loaded
   * @param available what a device can give
   * @return the plan
   */
  public static MemoryPlan of(
      String settings, List<PartReport> parts, Function<ComputeDevice, OptionalLong> available) {
    Set<ComputeDevice> used = new LinkedHashSet<>();
    used.add(ComputeDevice.CPU);
    parts.forEach(part -> used.add(part.device()));
    List<Share> shares = new ArrayList<>();
    for (ComputeDevice device : used) {
      long weights = 0;
      long working = 0;
      for (PartReport part : parts) {
        if (part.device().equals(device)) {
          weights += part.weightBytes();
          working += part.workingBytes();
        }
      }
      shares.add(
          new Share(
              device,
              weights,
              working,
              device.cuda() ? CONTEXT_BYTES : PROCESS_BYTES,
              available.apply(device)));
    }
    return new MemoryPlan(settings, parts, shares);
  }

  /**
   * Says whether every device has what is needed.
   *
   * @return whether the model can be loaded like this
   */
  public boolean fits() {
    return devices.stream().allMatch(Share::fits);
  }

  /**
   * Adds up all devices.
   *
   * @return bytes
   */
  public long needed() {
    return devices.stream().mapToLong(Share::needed).sum();
  }

  /**
   * Says in numbers what does not fit.
   *
   * @return a clause for each device that has too little, with its largest parts; {@code "; "}
   *     between them
   */
  public String shortage() {
    return devices.stream()
        .filter(share -> !share.fits())
        .map(this::shortage)
        .collect(Collectors.joining("; "));
  }

  private String shortage(Share share) {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%s needs %.2f GiB on %s, where %.2f GiB are available: ",
                settings,
                share.needed() / GIBIBYTE,
                share.device(),
                share.available().orElse(0) / GIBIBYTE));
    parts.stream()
        .filter(part -> part.device().equals(share.device()))
        .sorted((a, b) -> Long.compare(b.weightBytes(), a.weightBytes()))
        .limit(4)
        .forEach(
            part ->
                text.append(
                    String.format(
                        Locale.ROOT, "%s %.2f, ", part.part(), part.weightBytes() / GIBIBYTE)));
    return text.append(
            String.format(
                Locale.ROOT,
                "working memory %.2f, the process %.2f",
                share.working() / GIBIBYTE,
                share.process() / GIBIBYTE))
        .toString();
  }
}
