package io.github.gill.runtime;

import ai.djl.Device;
import java.util.Locale;

/**
 * A device that programs run on: the CPU or one CUDA device.
 *
 * @param cuda whether this is a CUDA device
 * @param index the CUDA device's index from 0; 0 for the CPU
 */
public record ComputeDevice(boolean cuda, int index) {

  /** The CPU. */
  public static final ComputeDevice CPU = new ComputeDevice(false, 0);

  /** Checks that the index is in range. */
  public ComputeDevice {
    if (index < 0 || (!cuda && index != 0)) {
      throw new IllegalArgumentException("device index is " + index + "; it counts from 0");
    }
  }

  /**
   * Returns a CUDA device, whether or not this machine has it.
   *
   * @param index the device's index from 0
   * @return the device
   */
  public static ComputeDevice cuda(int index) {
    return new ComputeDevice(true, index);
  }

  /**
   * Parses a device's name.
   *
   * @param name {@code cpu}, {@code cuda} or {@code cuda:N}, in any case
   * @return the device of that name
   * @throws IllegalArgumentException if the name is none of these
   */
  public static ComputeDevice parse(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.equals("cpu")) {
      return CPU;
    }
    if (lower.equals("cuda")) {
      return cuda(0);
    }
    if (lower.matches("cuda:\\d{1,4}")) {
      return cuda(Integer.parseInt(lower.substring("cuda:".length())));
    }
    throw new IllegalArgumentException("device is \"" + name + "\"; use cpu, cuda or cuda:N");
  }

  /** Returns DJL's name for this device. */
  Device toDjl() {
    return cuda ? Device.gpu(index) : Device.cpu();
  }

  @Override
  public String toString() {
    return cuda ? "cuda:" + index : "cpu";
  }
}
