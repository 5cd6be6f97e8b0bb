package io.github.gill.runtime;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.github.gill.EngineFailureException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DJL's PyTorch engine, started once per process on first use.
 *
 * <p>Everything in this package goes through here, so that a missing or mismatched native library
 * is reported in one place.
 */
public final class Torch {

  private static final Logger LOG = LoggerFactory.getLogger(Torch.class);

  private Torch() {}

  /**
   * Lets libtorch ask the system for huge pages, in which a large tensor is zeroed several times as
   * fast as in small ones, if the user has not decided otherwise. It reads this once, at its first
   * tensor.
   */
  private static void askForHugePages() {
    if (Platform.isLinux()) {
      try {
        NativeLibrary.getInstance("c")
            .getFunction("setenv")
            .invokeInt(new Object[] {"THP_MEM_ALLOC_ENABLE", "1", 0});
      } catch (UnsatisfiedLinkError e) {
        LOG.debug("huge pages are left off", e);
      }
    }
  }

  private static final class Holder {
    static final Engine ENGINE = start();
    static final PtNDManager MANAGER = (PtNDManager) ENGINE.newBaseManager(Device.cpu());

    private static Engine start() {
      askForHugePages();
      // DJL warns about its graph optimizer unless told; programs set it per thread themselves.
      System.getProperties().putIfAbsent("ai.djl.pytorch.graph_optimizer", "false");
      // Starting an engine would tell DJL's makers of it over the network.
      System.getProperties().putIfAbsent("OPT_OUT_TRACKING", "true");
      try {
        return Engine.getEngine("PyTorch");
      } catch (EngineException | UnsatisfiedLinkError | IllegalArgumentException e) {
        throw new EngineFailureException(
            "the PyTorch engine did not start: "
                + e.getMessage()
                + "; add ai.djl.pytorch:pytorch-native-cpu for this platform to the class path, or"
                + " point PYTORCH_LIBRARY_PATH at a libtorch that fits pytorch-jni",
            e);
      }
    }
  }

  /**
   * Starts the engine if need be.
   *
   * @return libtorch's version, for example {@code 2.7.1}
   * @throws EngineFailureException if the native libraries are missing or do not fit
   */
  public static String version() {
    return Holder.ENGINE.getVersion();
  }

  /** Asks libtorch, since DJL's own answer needs a CUDA runtime on the system's library path. */
  private static final class Cuda {
    private static final String SOURCE =
        "def count(self: __torch__.Net) -> int:\n  return ops.cuda.device_count()";

    static final int DEVICES = Holder.ENGINE.hasCapability(StandardCapabilities.CUDA) ? count() : 0;

    private static int count() {
      try (Program program = Program.compile("device_count", SOURCE);
          Scope scope = new Scope()) {
        return (int) program.call(scope, "count").toLong();
      } catch (EngineFailureException e) {
        LOG.debug("libtorch does not count its devices; DJL does", e);
        return Holder.ENGINE.getGpuCount();
      }
    }
  }

  /**
   * Returns how many CUDA devices libtorch itself can use.
   *
   * @return 0 where libtorch was built for the CPU or no device is present
   */
  public static int cudaDevices() {
    return Cuda.DEVICES;
  }

  /**
   * Returns how many threads one operation uses.
   *
   * @return libtorch's intra-op thread count
   */
  public static int threads() {
    Engine unused = Holder.ENGINE;
    return JniUtils.getNumThreads();
  }

  /** The parent of arrays that live for a moment on the way between Java and a program. */
  static PtNDManager manager() {
    return Holder.MANAGER;
  }
}
