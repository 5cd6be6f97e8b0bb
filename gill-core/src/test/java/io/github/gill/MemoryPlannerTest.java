package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.memory.MemoryPlan;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.spi.PartReport;
import io.github.gill.testing.Micro;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Choices for a model whose language model takes 8, 4 or 2 GiB and its UNet 4 or 2. */
class MemoryPlannerTest {

  private static final long GIB = 1L << 30;
  private static final Placement WANTED =
      new Placement(
          ComputeDevice.CPU,
          Precision.FP32,
          Quantization.NONE,
          ComputeDevice.CPU,
          Precision.FP32,
          false);

  /** The process takes 0.33 GiB besides. */
  @ParameterizedTest
  @CsvSource({
    "13, true, NONE, false",
    "11, true, NONE, true",
    "10, true, INT8, true",
    "5, true, INT4, true",
    "11, false, NONE, true",
  })
  void takesTheFirstPlacementThatFits(
      long gib, boolean open, Quantization quantization, boolean asStored) {
    Placement chosen = MemoryPlanner.choose(WANTED, open, measure(gib)).placement();
    assertEquals(quantization, chosen.quantization());
    assertEquals(asStored, chosen.diffusionAsStored());
  }

  /**
   * A language model on one device and diffusion on another: what is short on one changes only what
   * is there. A device's context takes 0.59 GiB.
   */
  @ParameterizedTest
  @CsvSource({
    "9, 5, NONE, cuda:1",
    "5, 5, INT8, cuda:1",
    "3, 5, INT4, cuda:1",
    "9, 4, NONE, cpu",
    "5, 4, INT8, cpu",
  })
  void choosesForEachDevice(long first, long second, Quantization quantization, String diffusion) {
    ComputeDevice one = ComputeDevice.cuda(0);
    ComputeDevice other = ComputeDevice.cuda(1);
    Placement wanted =
        new Placement(one, Precision.BF16, Quantization.NONE, other, Precision.FP16, false);
    Placement chosen =
        MemoryPlanner.choose(
                wanted,
                true,
                placement ->
                    MemoryPlan.of(
                        placement.settings(),
                        List.of(
                            part("language model", languageGib(placement), one),
                            part("unet", 4, placement.diffusion())),
                        device -> available(device, first, second)))
            .placement();
    assertEquals(quantization, chosen.quantization());
    assertEquals(ComputeDevice.parse(diffusion), chosen.diffusion());
    assertEquals(one, chosen.language());
  }

  private static OptionalLong available(ComputeDevice device, long first, long second) {
    return OptionalLong.of(GIB * (!device.cuda() ? 13 : device.index() == 0 ? first : second));
  }

  @Test
  void refusesWithTheNumbersAndTheSettingsThatWouldFit() {
    MemoryPlanner.Choice choice = MemoryPlanner.choose(WANTED, false, measure(7));
    assertFalse(choice.plan().fits());
    String message =
        assertThrows(
                InsufficientMemoryException.class, () -> MemoryPlanner.require(choice, measure(7)))
            .getMessage();
    assertEquals(
        "quantization none needs 12.33 GiB on cpu, where 7.00 GiB are available: language model"
            + " 8.00, unet 4.00, working memory 0.00, the process 0.33; use quantization int8,"
            + " diffusion weights as stored (6.33 GiB), or quantization int4, diffusion weights as"
            + " stored (4.33 GiB)",
        message);
  }

  @Test
  void saysOfEachDeviceWhatIsMissing() {
    ComputeDevice other = ComputeDevice.cuda(0);
    MemoryPlan plan =
        MemoryPlan.of(
            "quantization none",
            List.of(part("language model", 8, ComputeDevice.CPU), part("unet", 4, other)),
            device -> OptionalLong.of(GIB));
    String shortage = plan.shortage();
    assertTrue(shortage.contains("the process 0.33; quantization none needs 4."), shortage);
  }

  @Test
  void saysWhenNothingFits() {
    String message =
        assertThrows(
                InsufficientMemoryException.class,
                () -> Gill.builder().model(Micro.FOLDER).memoryBudget(1 << 20).build())
            .getMessage();
    assertTrue(message.contains("no setting fits, the least is quantization"), message);
    assertTrue(message.contains("where 0.00 GiB are available"), message);
  }

  private static Function<Placement, MemoryPlan> measure(long gib) {
    return placement -> {
      long unet = placement.diffusionAsStored() ? 2 : 4;
      return MemoryPlan.of(
          placement.settings(),
          List.of(
              part("language model", languageGib(placement), ComputeDevice.CPU),
              part("unet", unet, ComputeDevice.CPU)),
          device -> OptionalLong.of(gib * GIB));
    };
  }

  private static long languageGib(Placement placement) {
    return switch (placement.quantization()) {
      case NONE -> 8;
      case INT8 -> 4;
      case INT4 -> 2;
    };
  }

  private static PartReport part(String name, long gib, ComputeDevice device) {
    return new PartReport(name, "", device, Precision.FP32, gib * GIB, 0, null);
  }
}
