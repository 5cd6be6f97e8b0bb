package io.github.gill.runtime;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.github.gill.EngineFailureException;
import io.github.gill.GillException;
import org.jspecify.annotations.Nullable;
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

  /** The engine, or what kept it from starting: a second attempt would only hide the reason. */
  private static final class Holder {
    static final @Nullable Engine ENGINE;
    static final @Nullable PtNDManager MANAGER;
    static final @Nullable Throwable FAILURE;

    static {
      Engine engine = null;
      PtNDManager manager = null;
      Throwable failure = null;
      try {
        engine = start();
        manager = (PtNDManager) engine.newBaseManager(Device.cpu());
      } catch (RuntimeException | LinkageError e) {
        failure = e;
      }
      ENGINE = engine;
      MANAGER = manager;
      FAILURE = failure;
    }

    private static Engine start() {
      ForeignLibtorch.check();
      askForHugePages();
      // DJL warns about its graph optimizer unless told; programs set it per thread themselves.
      System.getProperties().putIfAbsent("ai.djl.pytorch.graph_optimizer", "false");
      // Starting an engine would tell DJL's makers of it over the network.
      System.getProperties().putIfAbsent("OPT_OUT_TRACKING", "true");
      return Engine.getEngine("PyTorch");
    }
  }

  private static <T> T started(@Nullable T part) {
    if (part == null) {
      throw new EngineFailureException(
          "the PyTorch engine did not start: "
              + reason(Holder.FAILURE)
              + "; add ai.djl.pytorch:pytorch-native-cpu and pytorch-jni for this platform to the"
              + " class path, and unset PYTORCH_LIBRARY_PATH and PYTORCH_VERSION or point them at a"
              + " libtorch that fits pytorch-jni",
          Holder.FAILURE);
    }
    return part;
  }

  /** The innermost message: DJL wraps what the system's loader says. */
  private static String reason(@Nullable Throwable failure) {
    String reason = "no reason was given";
    for (Throwable at = failure; at != null; at = at.getCause()) {
      reason = at.getMessage() == null ? at.getClass().getName() : at.getMessage();
    }
    return reason;
  }

  /**
   * Starts the engine if need be.
   *
   * @return libtorch's version, for example {@code 2.7.1}
   * @throws EngineFailureException if the native libraries are missing or do not fit
   */
  public static String version() {
    return started(Holder.ENGINE).getVersion();
  }

  /** Asks libtorch, since DJL's own answer needs a CUDA runtime on the system's library path. */
  private static final class Cuda {
    private static final String SOURCE =
        "def count(self: __torch__.Net) -> int:\n  return ops.cuda.device_count()";

    static final int DEVICES = count();

    private static int count() {
      try (Program program = Program.compile("device_count", SOURCE);
          Scope scope = new Scope()) {
        return (int) program.call(scope, "count").toLong();
      } catch (GillException e) {
        LOG.debug("libtorch does not count its devices; DJL does", e);
        return started(Holder.ENGINE).getGpuCount();
      }
    }
  }

  /**
   * Returns how many CUDA devices libtorch itself can use.
   *
   * @return 0 where libtorch was built for the CPU or no device is present
   */
  public static int cudaDevices() {
    return started(Holder.ENGINE).hasCapability(StandardCapabilities.CUDA) ? Cuda.DEVICES : 0;
  }

  /**
   * Gives back the memory that libtorch keeps on devices for later tensors: others, and the next
   * model's plan, see it as used. Does nothing without CUDA.
   */
  public static void releaseDeviceCache() {
    if (cudaDevices() > 0) {
      JniUtils.emptyCudaCache();
    }
  }

  /**
   * Returns how many threads one operation uses.
   *
   * @return libtorch's intra-op thread count
   */
  public static int threads() {
    Engine unused = started(Holder.ENGINE);
    return JniUtils.getNumThreads();
  }

  /** The parent of arrays that live for a moment on the way between Java and a program. */
  static PtNDManager manager() {
    return started(Holder.MANAGER);
  }
}
