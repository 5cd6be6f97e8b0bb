package io.github.gill.cuda;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
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

  /** Where drivers leave traces that need no native library to see. */
  private static final List<Path> TRACES =
      List.of(Path.of("/proc/driver/nvidia/version"), Path.of("C:/Windows/System32/nvcuda.dll"));

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
    } catch (LinkageError | RuntimeException e) {
      return withoutPresets(e);
    }
  }

  private static CudaReport withoutPresets(Throwable e) {
    try {
      return DriverProbe.look();
    } catch (LinkageError | RuntimeException asked) {
      LOG.debug("the driver cannot be asked directly either", asked);
      boolean driver = TRACES.stream().anyMatch(Files::exists);
      return new CudaReport.Absent(
          (driver
                  ? "an NVIDIA driver is installed, but its devices cannot be asked: "
                  : "no CUDA: there is no NVIDIA driver; ")
              + "org.bytedeco:cuda for this platform does not load ("
              + firstLine(e)
              + ")",
          driver);
    }
  }

  /**
   * Asks the driver for the device that libtorch knows under an index, which {@code
   * CUDA_VISIBLE_DEVICES} changes.
   *
   * @param device a CUDA device
   * @return what the driver says of it, or nothing where it cannot be asked or the variable names
   *     devices otherwise than by number
   */
  public static Optional<CudaDevice> find(ComputeDevice device) {
    OptionalInt index = visible(System.getenv("CUDA_VISIBLE_DEVICES"), device.index());
    return index.isPresent() && discover() instanceof CudaReport.Found found
        ? found.devices().stream().filter(d -> d.index() == index.getAsInt()).findFirst()
        : Optional.empty();
  }

  /**
   * Says whether a device is known not to compute in bfloat16, which the kernels of int4 weights
   * need.
   *
   * @param device any device
   * @return true for a CUDA device of compute capability below 8.0; false where nobody knows
   */
  public static boolean lacksBfloat16(ComputeDevice device) {
    return device.cuda() && find(device).filter(found -> !found.hasBfloat16()).isPresent();
  }

  /** The driver's index of the device that a process sees under another. */
  static OptionalInt visible(@Nullable String variable, int index) {
    if (variable == null) {
      return OptionalInt.of(index);
    }
    String[] names = variable.split(",", -1);
    return index < names.length && names[index].strip().matches("\\d{1,4}")
        ? OptionalInt.of(Integer.parseInt(names[index].strip()))
        : OptionalInt.empty();
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
    CudaReport report = discover();
    if (report instanceof CudaReport.Found found) {
      warnOfTheCpu(found.devices().get(0).name() + ", driver " + found.driver());
    } else if (report instanceof CudaReport.Absent absent && absent.driver()) {
      warnOfTheCpu("an NVIDIA driver");
    }
    return ComputeDevice.CPU;
  }

  private static void warnOfTheCpu(String found) {
    LOG.warn(
        "This machine has {}, but libtorch {} on the class path cannot use CUDA: everything runs on"
            + " the CPU. Take pytorch-native-cpu off the class path, so that DJL downloads its CUDA"
            + " build (unless DJL_OFFLINE is set), or point PYTORCH_LIBRARY_PATH at a libtorch 2.7"
            + " with CUDA and set PYTORCH_FLAVOR=cu128.",
        found,
        Torch.version());
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
    boolean bfloat16 = find(device).map(CudaDevice::hasBfloat16).orElse(false);
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
    Throwable deepest = e;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String message = String.valueOf(deepest.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
