package io.github.gill.cuda;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds CUDA devices and chooses among them.
 *
 * <p>The driver knows which devices there are; whether libtorch can use them is another matter, and
 * a machine that has devices but ends on the CPU says so in a warning.
 */
public final class CudaDevices {

  private static final Logger LOG = LoggerFactory.getLogger(CudaDevices.class);

  private CudaDevices() {}

  /**
   * Asks the driver for its devices, in its own order, which {@code CUDA_VISIBLE_DEVICES} does not
   * change.
   *
   * @return the devices with their present free memory, or why there are none
   */
  public static CudaReport discover() {
    try {
      return NvmlProbe.look();
    } catch (LinkageError e) {
      return new CudaReport.Absent(
          "no CUDA: the NVIDIA driver's management library or org.bytedeco:cuda's native part for"
              + " this platform does not load ("
              + firstLine(e)
              + ")");
    } catch (RuntimeException e) {
      return new CudaReport.Absent("no CUDA: the driver could not be asked (" + firstLine(e) + ")");
    }
  }

  /**
   * Chooses where to compute when the caller leaves it open.
   *
   * @return the first CUDA device if libtorch can use it, else the CPU
   */
  public static ComputeDevice best() {
    if (Torch.cudaDevices() > 0) {
      return ComputeDevice.cuda(0);
    }
    if (discover() instanceof CudaReport.Found found) {
      LOG.warn(
          "This machine has {} (driver {}), but libtorch {} on the class path is built for the CPU:"
              + " everything runs on the CPU. Let DJL download its CUDA build (unset DJL_OFFLINE) or"
              + " point PYTORCH_LIBRARY_PATH at one.",
          found.devices().get(0).name(),
          found.driver(),
          Torch.version());
    }
    return ComputeDevice.CPU;
  }

  /**
   * Checks that a device can be used.
   *
   * @param device the device that the caller wants
   * @return the same device
   * @throws IllegalArgumentException if libtorch cannot use it, with the reason
   */
  public static ComputeDevice require(ComputeDevice device) {
    int usable = Torch.cudaDevices();
    if (device.cuda() && device.index() >= usable) {
      String reason =
          discover() instanceof CudaReport.Absent absent
              ? absent.reason()
              : "libtorch " + Torch.version() + " on the class path can use " + usable + " devices";
      throw new IllegalArgumentException(
          "device " + device + " cannot be used: " + reason + "; use cpu or another device");
    }
    return device;
  }

  /**
   * Chooses the language model's precision.
   *
   * @param device where it computes
   * @return fp32 on the CPU; bf16 on CUDA where the chip has it, else fp16
   */
  public static Precision languagePrecision(ComputeDevice device) {
    if (!device.cuda()) {
      return Precision.FP32;
    }
    boolean bfloat16 =
        discover() instanceof CudaReport.Found found
            && device.index() < found.devices().size()
            && found.devices().get(device.index()).hasBfloat16();
    return bfloat16 ? Precision.BF16 : Precision.FP16;
  }

  /**
   * Chooses the image generator's precision.
   *
   * @param device where it computes
   * @return fp32 on the CPU, fp16 on CUDA
   */
  public static Precision diffusionPrecision(ComputeDevice device) {
    return device.cuda() ? Precision.FP16 : Precision.FP32;
  }

  private static String firstLine(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
