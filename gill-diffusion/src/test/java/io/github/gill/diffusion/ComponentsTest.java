package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.GillException;
import io.github.gill.checkpoint.ModelConfig;
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
import org.junit.jupiter.api.function.Executable;
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

  @Test
  void saysWhichConditioningsFit() {
    PartSizes sizes = PartSizes.read(Micro.DIFFUSION);
    assertEquals(77, sizes.conditioningTokens(77, 768));
    assertEquals(77, sizes.conditioningTokens(8, 768)); // filled up
    assertEquals(77, sizes.conditioningTokens(4, 3 * 768)); // read on as 12 rows
    PartSizes alone = new PartSizes(Micro.DIFFUSION, sizes.unet(), sizes.vae(), null);
    assertEquals(12, alone.conditioningTokens(4, 3 * 768));
    assertRefused("rows of 48, but diffusion/unet", () -> sizes.conditioningTokens(77, 48));
    assertRefused(
        "100 rows, but the text encoder has 77", () -> sizes.conditioningTokens(100, 768));
  }

  @Test
  void refusesPartsOfDifferentModels() {
    PartSizes sizes = PartSizes.read(Micro.DIFFUSION);
    String config =
        """
        {"block_out_channels": [32], "down_block_types": ["DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D"], "latent_channels": 8}
        """;
    VaeConfig other = VaeConfig.of(ModelConfig.parse("vae/config.json", config));
    assertRefused(
        "the VAE has 8 latent channels, the UNet 4",
        () -> new PartSizes(Micro.DIFFUSION, sizes.unet(), other, sizes.text()));
  }

  private static void assertRefused(String message, Executable action) {
    String refusal = assertThrows(GillException.class, action).toString();
    assertTrue(refusal.contains(message), refusal);
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
