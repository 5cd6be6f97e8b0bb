package io.github.gill.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Torch;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaDevicesTest {

  @Test
  void tellsDevicesOrWhyThereAreNone() {
    CudaReport report = CudaDevices.discover();
    if (report instanceof CudaReport.Found found) {
      CudaDevice first = found.devices().get(0);
      assertFalse(first.name().isBlank() || found.driver().isBlank());
      assertTrue(first.freeBytes() > 0 && first.freeBytes() <= first.totalBytes());
      assertTrue(first.major() >= 3);
    } else {
      String reason = ((CudaReport.Absent) report).reason();
      assertTrue(reason.contains("CUDA") || reason.contains("NVIDIA"), reason);
    }
  }

  @Test
  void fallsBackToTheCpuWhereLibtorchHasNoCuda() {
    assumeTrue(Torch.cudaDevices() == 0, "libtorch can use CUDA here");
    assertEquals(ComputeDevice.CPU, CudaDevices.best());
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> CudaDevices.require(ComputeDevice.cuda(1)))
            .getMessage();
    assertTrue(message.startsWith("device cuda:1 cannot be used: "), message);
    assertTrue(message.endsWith("; use cpu or another device"), message);
    assertEquals(Precision.FP32, CudaDevices.languagePrecision(ComputeDevice.CPU));
    assertEquals(Precision.FP32, CudaDevices.diffusionPrecision(ComputeDevice.CPU));
  }

  @Test
  void prefersCudaWhereLibtorchHasIt() {
    assumeTrue(Torch.cudaDevices() > 0, "no CUDA device that libtorch can use");
    assertEquals(ComputeDevice.cuda(0), CudaDevices.best());
    assertEquals(Precision.FP16, CudaDevices.diffusionPrecision(ComputeDevice.cuda(0)));
  }

  @Test
  void knowsWhichChipsHaveBfloat16() {
    assertTrue(new CudaDevice(0, "H200", 9, 0, 1, 1).hasBfloat16());
    assertFalse(new CudaDevice(0, "V100", 7, 0, 1, 1).hasBfloat16());
  }

  /** The way where the CUDA presets do not load. */
  @Test
  void asksTheDriverWithoutPresets() {
    CudaReport report = CudaDevices.discover();
    if (report instanceof CudaReport.Found found) {
      CudaReport.Found direct = (CudaReport.Found) DriverProbe.look();
      assertEquals(found.driver(), direct.driver());
      assertEquals(found.devices().size(), direct.devices().size());
      CudaDevice first = direct.devices().get(0);
      assertEquals(found.devices().get(0).name(), first.name());
      assertEquals(found.devices().get(0).major(), first.major());
      assertEquals(found.devices().get(0).totalBytes(), first.totalBytes());
      assertTrue(first.freeBytes() > 0 && first.freeBytes() <= first.totalBytes());
    } else if (report instanceof CudaReport.Absent absent && !absent.driver()) {
      assertThrows(LinkageError.class, DriverProbe::look);
    }
  }

  /** Names by UUID are not looked up. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {"-, 2, 2", "3, 0, 3", "'1, 0', 1, 0", "'1,0', 2, -", "'', 0, -", "GPU-8f2, 0, -"})
  void knowsWhichDeviceTheProcessSees(
      @Nullable String variable, int index, @Nullable Integer driversIndex) {
    OptionalInt expected =
        driversIndex == null ? OptionalInt.empty() : OptionalInt.of(driversIndex);
    assertEquals(expected, CudaDevices.visible(variable, index));
  }
}
