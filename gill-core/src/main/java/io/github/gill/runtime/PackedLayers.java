package io.github.gill.runtime;

import io.github.gill.EngineFailureException;
import io.github.gill.GillException;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Linear layers and convolutions whose weights lie in the order in which the CPU reads them.
 *
 * <p>Programs call {@code dense} and {@code convolve}, of which there are two kinds: libtorch's
 * layers ({@code layers.py}), and oneDNN's on weights reordered once ({@code layers_onednn.py}),
 * which take a half to two thirds of the time. The second also takes weights as they are.
 */
public final class PackedLayers {

  private static final Logger LOG = LoggerFactory.getLogger(PackedLayers.class);

  private PackedLayers() {}

  private static final class Holder {
    static final boolean AVAILABLE = computes(Precision.FP32);
    static final boolean BF16 = AVAILABLE && computes(Precision.BF16);

    private static boolean computes(Precision precision) {
      try (Program program = Program.load(PackedLayers.class, "layers_onednn.py");
          Scope scope = new Scope()) {
        program.call(scope, "try_layers", precision.torchType());
        return true;
      } catch (GillException e) {
        LOG.debug("oneDNN does not compute in {} here; layers are libtorch's own", precision, e);
        return false;
      }
    }
  }

  /**
   * Compiles a program that calls {@code dense} or {@code convolve}.
   *
   * @param owner a class whose loader sees the resources
   * @param names the program's files, as {@link Program#load} takes them
   * @return the program, which the caller closes
   * @throws EngineFailureException if the engine does not start or the source does not compile
   */
  public static Program load(Class<?> owner, String... names) {
    String[] all = Arrays.copyOf(names, names.length + 1);
    all[names.length] = Holder.AVAILABLE ? "layers_onednn.py" : "layers.py";
    return Program.load(owner, all);
  }

  /**
   * Reorders the weights of all layers, one after the other, where that pays: on the CPU, in fp32,
   * or in bf16 where it multiplies that itself. Layers are the tensors of two axes, or four, named
   * {@code ….weight} and without {@code embed}.
   *
   * @param weights of a network whose program {@link #load} compiled
   * @return whether it was done; no tensor is the checkpoint's memory then
   */
  public static boolean pack(Weights weights) {
    boolean packs =
        switch (weights.precision()) {
          case FP32 -> Holder.AVAILABLE;
          case BF16 -> Holder.BF16;
          case FP16 -> false;
        };
    if (weights.device().cuda() || !packs) {
      return false;
    }
    try (Program program = Program.load(PackedLayers.class, "layers_onednn.py");
        Scope scope = new Scope()) {
      program.call(scope, "pack", weights);
    }
    weights.leaveFiles();
    return true;
  }
}
