package io.github.gill.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.global.nvml;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.cuda.nvml.nvmlMemory_t;

/** Asks the driver's management library; touched only inside {@link CudaDevices#discover}. */
final class NvmlProbe {

  private static final int TEXT_BYTES = 96;

  private NvmlProbe() {}

  static CudaReport look() {
    int status = nvml.nvmlInit_v2();
    if (status != nvml.NVML_SUCCESS) {
      return new CudaReport.Absent("no CUDA: the NVIDIA driver answers " + describe(status), true);
    }
    try {
      int[] count = new int[1];
      check(nvml.nvmlDeviceGetCount_v2(count));
      if (count[0] == 0) {
        return new CudaReport.Absent("no CUDA: the NVIDIA driver knows no device", true);
      }
      byte[] driver = new byte[TEXT_BYTES];
      check(nvml.nvmlSystemGetDriverVersion(driver, driver.length));
      List<CudaDevice> devices = new ArrayList<>();
      for (int i = 0; i < count[0]; i++) {
        devices.add(device(i));
      }
      return new CudaReport.Found(text(driver), devices);
    } finally {
      nvml.nvmlShutdown();
    }
  }

  private static CudaDevice device(int index) {
    try (nvmlDevice_st device = new nvmlDevice_st();
        nvmlMemory_t memory = new nvmlMemory_t()) {
      check(nvml.nvmlDeviceGetHandleByIndex_v2(index, device));
      byte[] name = new byte[TEXT_BYTES];
      int[] major = new int[1];
      int[] minor = new int[1];
      check(nvml.nvmlDeviceGetName(device, name, name.length));
      check(nvml.nvmlDeviceGetCudaComputeCapability(device, major, minor));
      check(nvml.nvmlDeviceGetMemoryInfo(device, memory));
      return new CudaDevice(
          index, text(name), major[0], minor[0], memory.total(), memory.total() - memory.used());
    }
  }

  private static void check(int status) {
    if (status != nvml.NVML_SUCCESS) {
      throw new IllegalStateException(describe(status));
    }
  }

  private static String describe(int status) {
    return nvml.nvmlErrorString(status).getString() + " (" + status + ")";
  }

  private static String text(byte[] bytes) {
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
