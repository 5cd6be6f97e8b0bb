package io.github.gill.examples.bench;

import io.github.gill.runtime.Value;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What this process holds at one moment.
 *
 * @param resident the resident set in bytes, mapped files included; empty where the system has no
 *     {@code /proc}
 * @param values native values alive, tensors and others
 * @param heap the Java heap in use after a collection, in bytes
 */
record ProcessMemory(OptionalLong resident, long values, long heap) {

  private static final Path STATUS = Path.of("/proc/self/status");

  /** Collects garbage, then measures. */
  static ProcessMemory now() {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new ProcessMemory(readResident(), Value.alive(), heap);
  }

  private static OptionalLong readResident() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** By how much the resident set is larger than it was, as a fraction; 0 where it is unknown. */
  double growthSince(ProcessMemory earlier) {
    if (resident.isEmpty() || earlier.resident.isEmpty()) {
      return 0;
    }
    return (double) resident.getAsLong() / earlier.resident.getAsLong() - 1;
  }

  @Override
  public String toString() {
    String set =
        resident.isEmpty()
            ? "resident set not available here"
            : "resident %7.1f MiB".formatted(resident.getAsLong() / 1048576.0);
    return "%s   native values %5d   heap %6.1f MiB".formatted(set, values, heap / 1048576.0);
  }
}
