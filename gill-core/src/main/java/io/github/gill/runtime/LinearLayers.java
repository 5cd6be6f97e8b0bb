package io.github.gill.runtime;

import io.github.gill.EngineFailureException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Linear layers in the forms that {@code linear.py} computes with, packed one by one straight from
 * the checkpoint, so that never more than one layer exists in fp32.
 */
public final class LinearLayers {

  private static final Logger LOG = LoggerFactory.getLogger(LinearLayers.class);
  private static final String SOURCE = "linear.py";

  /** Files are opened anew after so many bytes, as what was read of them counts as resident. */
  private static final long REOPEN_BYTES = 1L << 29;

  private static final int[] GROUPS = {128, 64, 32};
  private static final int INT4_ROWS = 16;

  private LinearLayers() {}

  /** Whether this libtorch can pack; found out once. */
  private static final class Fbgemm {
    static final boolean PRESENT = probe();

    private static boolean probe() {
      try (Program program = Program.load(LinearLayers.class, SOURCE);
          Scope scope = new Scope()) {
        program.call(scope, "pack_fp16", "probe", scope.floats(new float[64], 8, 8));
        return true;
      } catch (EngineFailureException e) {
        LOG.info("fp16 weights become fp32 copies: {}", e.getMessage());
        return false;
      }
    }
  }

  /** What a linear layer's weight is kept as. */
  public enum Form {
    /** fp16, packed by fbgemm. */
    FP16,
    /** 8 bits by output. */
    INT8,
    /** 4 bits by group of inputs. */
    INT4
  }

  /**
   * Chooses a layer's form.
   *
   * @param info its weight, N × K, in the checkpoint
   * @param quantization what the caller wants
   * @param device where it computes
   * @param precision in which type
   * @return the form, or null for a plain tensor in that type
   */
  public static @Nullable Form form(
      TensorInfo info, Quantization quantization, ComputeDevice device, Precision precision) {
    if (device.cuda() || precision != Precision.FP32) {
      return null;
    }
    return switch (quantization) {
      case NONE -> info.type() == TensorType.F16 && Fbgemm.PRESENT ? Form.FP16 : null;
      case INT8 -> Form.INT8;
      case INT4 -> group(info) == 0 ? Form.INT8 : Form.INT4;
    };
  }

  /**
   * Computes what a packed layer takes.
   *
   * @param info its weight, N × K, in the checkpoint
   * @param form its form
   * @return bytes
   */
  public static long bytes(TensorInfo info, Form form) {
    long weights = info.elements();
    return switch (form) {
      case FP16 -> 2 * weights;
      case INT8 -> weights + info.shape().get(0) * 2 * Float.BYTES;
      case INT4 -> weights / 2 + weights / group(info) * 4;
    };
  }

  /**
   * Packs layers into a program.
   *
   * @param program a program with {@code linear.py} in it, which keeps the layers until it is
   *     closed
   * @param files opens the checkpoint
   * @param stored names of weights, as {@code x.weight}, with their names in the checkpoint
   * @param forms which of them to pack, and how; the program knows them as {@code x}
   * @throws EngineFailureException if memory runs out, or libtorch for this platform has no fbgemm
   */
  public static void pack(
      Program program,
      Supplier<Checkpoint> files,
      Map<String, String> stored,
      Map<String, Form> forms) {
    Checkpoint checkpoint = files.get();
    try {
      long read = 0;
      for (Map.Entry<String, Form> layer : forms.entrySet()) {
        String inFile = Objects.requireNonNull(stored.get(layer.getKey()));
        TensorInfo info = Objects.requireNonNull(checkpoint.tensors().get(inFile));
        if (read > 0 && read + info.bytes() > REOPEN_BYTES) {
          checkpoint.close();
          checkpoint = files.get();
          read = 0;
        }
        read += info.bytes();
        String name = layer.getKey().substring(0, layer.getKey().length() - ".weight".length());
        pack(program, name, checkpoint.bytes(inFile), info, layer.getValue());
      }
    } finally {
      checkpoint.close();
    }
  }

  private static void pack(
      Program program, String name, ByteBuffer bytes, TensorInfo info, Form form) {
    try (Scope scope = new Scope()) {
      Value weight =
          program.call(
              scope,
              "stored",
              scope.view(bytes, Weights.Builder.djlType(info)),
              info.type().torchType(),
              info.shape().stream().mapToLong(Long::longValue).toArray());
      switch (form) {
        case FP16 -> program.call(scope, "pack_fp16", name, weight);
        case INT8 -> program.call(scope, "pack_int8", name, weight);
        case INT4 -> program.call(scope, "pack_int4", name, weight, group(info));
      }
    }
  }

  /** The inputs that share a scale in 4 bits, or 0 where the kernel does not take the shape. */
  private static int group(TensorInfo info) {
    for (int group : GROUPS) {
      if (info.shape().get(0) % INT4_ROWS == 0 && info.shape().get(1) % group == 0) {
        return group;
      }
    }
    return 0;
  }
}
