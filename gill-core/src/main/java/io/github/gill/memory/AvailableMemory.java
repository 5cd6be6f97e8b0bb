package io.github.gill.memory;

import io.github.gill.cuda.CudaDevices;
import io.github.gill.runtime.ComputeDevice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a device can still give to this process.
 *
 * <p>On Linux that is the least of {@code MemAvailable} and what the limits of its control groups
 * leave (version 1 and 2; file pages that the kernel would drop count as free); elsewhere what the
 * JVM calls free. On CUDA it is what the driver calls free.
 */
public final class AvailableMemory {

  private static final Pattern AVAILABLE =
      Pattern.compile("^MemAvailable:\\s+(\\d+) kB", Pattern.MULTILINE);
  private static final Pattern FILES_V2 =
      Pattern.compile("^(?:in)?active_file (\\d+)", Pattern.MULTILINE);
  private static final Pattern FILES_V1 =
      Pattern.compile("^total_(?:in)?active_file (\\d+)", Pattern.MULTILINE);

  private AvailableMemory() {}

  /**
   * Looks now.
   *
   * @param device the CPU or a CUDA device
   * @return bytes, or nothing where the system does not say
   */
  public static OptionalLong on(ComputeDevice device) {
    if (!device.cuda()) {
      return ofHost(Path.of("/"));
    }
    return CudaDevices.find(device)
        .map(found -> OptionalLong.of(found.freeBytes()))
        .orElse(OptionalLong.empty());
  }

  /** Reads {@code proc} and {@code sys} under a root. */
  static OptionalLong ofHost(Path root) {
    OptionalLong available = number(read(root.resolve("proc/meminfo")), AVAILABLE);
    if (available.isEmpty()) {
      return ManagementFactory.getOperatingSystemMXBean()
              instanceof com.sun.management.OperatingSystemMXBean system
          ? OptionalLong.of(system.getFreeMemorySize())
          : OptionalLong.empty();
    }
    long least = available.getAsLong() << 10;
    for (String line : read(root.resolve("proc/self/cgroup")).lines().toList()) {
      List<String> parts = List.of(line.split(":", 3)); // hierarchy, controllers, path
      if (parts.size() < 3) {
        continue;
      }
      boolean second = parts.get(0).equals("0") && parts.get(1).isEmpty();
      if (second || List.of(parts.get(1).split(",")).contains("memory")) {
        Path mount = root.resolve(second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
        least = Math.min(least, left(mount, parts.get(2).substring(1), second));
      }
    }
    return OptionalLong.of(least);
  }

  /** The least that any group on the way up to the mount leaves. */
  private static long left(Path mount, String group, boolean second) {
    long least = Long.MAX_VALUE;
    @Nullable Path folder = mount.resolve(group).normalize();
    while (folder != null && folder.startsWith(mount)) {
      String limit = read(folder.resolve(second ? "memory.max" : "memory.limit_in_bytes")).strip();
      String used =
          read(folder.resolve(second ? "memory.current" : "memory.usage_in_bytes")).strip();
      if (limit.matches("\\d{1,18}") && used.matches("\\d{1,18}")) {
        long droppable =
            (second ? FILES_V2 : FILES_V1)
                .matcher(read(folder.resolve("memory.stat")))
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
        long free = Long.parseLong(limit) - Long.parseLong(used) + droppable;
        least = Math.min(least, Math.max(free, 0));
      }
      folder = folder.getParent();
    }
    return least;
  }

  private static OptionalLong number(String text, Pattern pattern) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  /** A file's text, empty where it cannot be read. */
  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
