package io.github.gill.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Torch;
import org.junit.jupiter.api.Test;

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
}
