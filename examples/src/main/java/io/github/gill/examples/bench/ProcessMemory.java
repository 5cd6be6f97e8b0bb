package io.github.gill.examples.bench;

import io.github.gill.runtime.NativeMemory;
import io.github.gill.runtime.Value;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What this process holds at one moment.
 *
 * @param resident the resident set in bytes; empty where the system has no {@code /proc}
 * @param files what of it are mapped files: libraries, and models used in place
 * @param allocated what the C library's allocator holds, where it says so
 * @param values native values alive, tensors and others
 * @param heap the Java heap after a collection
 */
record ProcessMemory(
    OptionalLong resident,
    OptionalLong files,
    Optional<NativeMemory.Allocated> allocated,
    long values,
    MemoryUsage heap) {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final double MIB = 1048576;

  /** Collects garbage, then measures. */
  static ProcessMemory now() {
    System.gc();
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    List<String> status = readStatus();
    return new ProcessMemory(
        bytes(status, "VmRSS:"),
        bytes(status, "RssFile:"),
        NativeMemory.allocated(),
        Value.alive(),
        heap);
  }

  private static List<String> readStatus() {
    try {
      return Files.readAllLines(STATUS);
    } catch (IOException e) {
      return List.of();
    }
  }

  private static OptionalLong bytes(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst();
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
    StringBuilder line = new StringBuilder();
    if (resident.isEmpty()) {
      line.append("resident set not available here");
    } else {
      line.append("resident %7.1f MiB".formatted(resident.getAsLong() / MIB));
      files.ifPresent(bytes -> line.append(" (files %.1f)".formatted(bytes / MIB)));
    }
    allocated.ifPresent(
        held ->
            line.append(
                "   native in use %6.1f, freed %6.1f"
                    .formatted(held.used() / MIB, held.free() / MIB)));
    return line.append(
            "   heap %.1f of %.1f   native values %d"
                .formatted(heap.getUsed() / MIB, heap.getCommitted() / MIB, values))
        .toString();
  }
}
