package io.github.gill.cuda;

import java.util.List;

/** What a look at the machine's CUDA devices found. */
public sealed interface CudaReport {

  /**
   * There are devices.
   *
   * @param driver the driver's version, for example {@code 570.86.15}
   * @param devices at least one device, in the order of their indices
   */
  record Found(String driver, List<CudaDevice> devices) implements CudaReport {
    /** Copies the devices. */
    public Found {
      devices = List.copyOf(devices);
    }
  }

  /**
   * There are none.
   *
   * @param reason why, in a sentence for people
   * @param driver whether an NVIDIA driver is installed all the same
   */
  record Absent(String reason, boolean driver) implements CudaReport {}
}
