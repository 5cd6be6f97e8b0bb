package io.github.gill.cuda;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the driver's management library where the CUDA presets do not load: they need a CUDA runtime
 * of their own version, the driver alone does not have one.
 */
final class DriverProbe {

  private static final int TEXT_BYTES = 96;

  /** Total, free and used bytes. */
  private static final int MEMORY_BYTES = 3 * Long.BYTES;

  private final NativeLibrary library;

  private DriverProbe(NativeLibrary library) {
    this.library = library;
  }

  /**
   * Looks.
   *
   * @throws UnsatisfiedLinkError if there is no driver
   * @throws IllegalStateException if the driver answers with an error
   */
  static CudaReport look() {
    String name = Platform.isWindows() ? "nvml" : "libnvidia-ml.so.1";
    DriverProbe probe = new DriverProbe(NativeLibrary.getInstance(name));
    probe.call("nvmlInit_v2");
    try {
      IntByReference count = new IntByReference();
      probe.call("nvmlDeviceGetCount_v2", count);
      if (count.getValue() == 0) {
        return new CudaReport.Absent("no CUDA: the NVIDIA driver knows no device", true);
      }
      List<CudaDevice> devices = new ArrayList<>();
      for (int i = 0; i < count.getValue(); i++) {
        devices.add(probe.device(i));
      }
      try (Memory version = new Memory(TEXT_BYTES)) {
        probe.call("nvmlSystemGetDriverVersion", version, TEXT_BYTES);
        return new CudaReport.Found(text(version), devices);
      }
    } finally {
      probe.call("nvmlShutdown");
    }
  }

  private CudaDevice device(int index) {
    PointerByReference handle = new PointerByReference();
    call("nvmlDeviceGetHandleByIndex_v2", index, handle);
    Pointer device = handle.getValue();
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    call("nvmlDeviceGetCudaComputeCapability", device, major, minor);
    try (Memory name = new Memory(TEXT_BYTES);
        Memory memory = new Memory(MEMORY_BYTES)) {
      call("nvmlDeviceGetName", device, name, TEXT_BYTES);
      call("nvmlDeviceGetMemoryInfo", device, memory);
      long total = memory.getLong(0);
      long used = memory.getLong(2L * Long.BYTES);
      return new CudaDevice(
          index, text(name), major.getValue(), minor.getValue(), total, total - used);
    }
  }

  private void call(String function, Object... arguments) {
    int status = library.getFunction(function).invokeInt(arguments);
    if (status != 0) {
      throw new IllegalStateException(function + " answers " + status);
    }
  }

  private static String text(Memory bytes) {
    return bytes.getString(0, StandardCharsets.UTF_8.name());
  }
}
