package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class NativeMemoryTest {

  private static final long MIB = 1 << 20;

  @Test
  void seesWhatATensorTakes() {
    assumeTrue(NativeMemory.allocated().isPresent(), "glibc 2.33 or newer");
    Torch.version();
    long before = used();
    try (Scope scope = new Scope()) {
      scope.floats(new float[32 << 20], 32 << 20);
      assertTrue(used() - before > 100 * MIB, "128 MiB more than " + before + ": " + used());
    }
    assertTrue(used() - before < 32 * MIB, "about " + before + " again: " + used());
  }

  /** 128 MiB in small pieces, of which every hundredth stays; the JVM's own memory may stir. */
  @Test
  void givesTheHolesBetweenLiveTensorsBack() throws IOException {
    assumeTrue(NativeMemory.allocated().isPresent(), "glibc 2.33 or newer");
    float[] piece = new float[16 << 10];
    try (Scope kept = new Scope()) {
      try (Scope freed = new Scope()) {
        for (int i = 0; i < 2048; i++) {
          (i % 100 == 99 ? kept : freed).floats(piece, piece.length);
        }
      }
      long before = resident();
      NativeMemory.trim();
      long given = before - resident();
      assertTrue(given > 64 * MIB, given + " bytes of some 128 MiB came back");
    }
  }

  private static long used() {
    return NativeMemory.allocated().orElseThrow().used();
  }

  private static long resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
