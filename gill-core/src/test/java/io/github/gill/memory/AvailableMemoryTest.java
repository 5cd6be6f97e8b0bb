package io.github.gill.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {

  @TempDir Path root;

  @Test
  void takesWhatLinuxCallsAvailable() throws IOException {
    write("proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    5000 kB\n");
    assertEquals(OptionalLong.of(5000 << 10), AvailableMemory.ofHost(root));
  }

  /** The parent's limit is tighter than the group's own; its file pages can be dropped. */
  @Test
  void takesTheTightestControlGroup() throws IOException {
    write("proc/meminfo", "MemAvailable: 5000 kB\n");
    write("proc/self/cgroup", "0::/jobs/one\n");
    write("sys/fs/cgroup/jobs/one/memory.max", "max\n");
    write("sys/fs/cgroup/jobs/one/memory.current", "400000\n");
    write("sys/fs/cgroup/jobs/memory.max", "1000000\n");
    write("sys/fs/cgroup/jobs/memory.current", "700000\n");
    write("sys/fs/cgroup/jobs/memory.stat", "anon 1\ninactive_file 50000\nactive_file 900\n");
    assertEquals(OptionalLong.of(350_900), AvailableMemory.ofHost(root));
  }

  @Test
  void readsControlGroupsOfTheFirstVersion() throws IOException {
    write("proc/meminfo", "MemAvailable: 5000 kB\n");
    write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/box\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n");
    write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "2000000\n");
    write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "1500000\n");
    write(
        "sys/fs/cgroup/memory/box/memory.stat",
        "cache 3\ntotal_inactive_file 100\ntotal_active_file 1000\n");
    assertEquals(OptionalLong.of(501_100), AvailableMemory.ofHost(root));
  }

  @Test
  void looksAtThisMachine() {
    assertTrue(AvailableMemory.on(ComputeDevice.CPU).orElseThrow() > 1 << 20);
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
