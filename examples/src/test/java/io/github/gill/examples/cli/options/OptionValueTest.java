package io.github.gill.examples.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import org.junit.jupiter.api.Test;

class OptionValueTest {

  @Test
  void takesNamesInAnyCase() {
    assertEquals(Precision.BF16, OptionValue.constant("--dtype", "Bf16", Precision.class));
    assertEquals(Precision.FP32, OptionValue.constantOrAuto("--dtype", "fp32", Precision.class));
    assertEquals(ComputeDevice.cuda(1), OptionValue.deviceOrAuto("--device", "CUDA:1"));
    assertNull(OptionValue.constantOrAuto("--dtype", "Auto", Precision.class));
    assertNull(OptionValue.deviceOrAuto("--device", "auto"));
  }

  @Test
  void listsAllThatAnOptionTakes() {
    assertRefused(
        "--dtype is \"fp64\"; use fp32, fp16 or bf16",
        () -> OptionValue.constant("--dtype", "fp64", Precision.class));
    assertRefused(
        "--dtype is \"fp64\"; use auto, fp32, fp16 or bf16",
        () -> OptionValue.constantOrAuto("--dtype", "fp64", Precision.class));
    assertRefused(
        "--device is \"gpu\"; use auto, cpu, cuda or cuda:N",
        () -> OptionValue.deviceOrAuto("--device", "gpu"));
  }

  private static void assertRefused(String message, Runnable parsing) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, parsing::run);
    assertEquals(message, e.getMessage());
  }
}
