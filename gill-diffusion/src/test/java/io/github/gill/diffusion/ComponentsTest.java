package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.spi.PartReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a folder lacks is said before anything of it is loaded. */
class ComponentsTest {

  @Test
  void namesWhatAFolderLacks(@TempDir Path folder) {
    Map<String, String> problems = problems(folder);
    assertEquals(
        List.of("diffusion scheduler", "diffusion unet", "diffusion vae"),
        List.copyOf(problems.keySet()));
    assertTrue(
        Objects.requireNonNull(problems.get("diffusion scheduler"))
            .contains("scheduler_config.json"),
        problems.toString());
  }

  @Test
  void findsNothingMissingInAWholeModel() {
    assertEquals(Map.of(), problems(Micro.DIFFUSION));
  }

  private static Map<String, String> problems(Path folder) {
    return Components.inspect(folder, ComputeDevice.CPU, Precision.FP32, /* asStored= */ false)
        .stream()
        .filter(report -> report.problem() != null)
        .collect(
            Collectors.toMap(
                PartReport::part,
                report -> Objects.requireNonNull(report.problem()),
                (a, b) -> a,
                TreeMap::new));
  }
}
