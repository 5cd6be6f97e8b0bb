package io.github.gill.runtime;

import io.github.gill.EngineFailureException;
import io.github.gill.GillException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Linear layers in the forms that {@code linear.py} computes with, packed straight from the
 * checkpoint a few at a time, so that never more than those few exist in fp32.
 */
public final class LinearLayers {

  private static final Logger LOG = LoggerFactory.getLogger(LinearLayers.class);
  private static final String SOURCE = "linear.py";

  /**
   * So many bytes of a checkpoint are packed at once, by several threads, as libtorch packs with
   * one. Then its files are opened anew, because what was read of them counts as resident.
   */
  private static final long BYTES_AT_ONCE = 1L << 28;

  /** What the rows and columns of CUDA's product of 8 bits must be multiples of. */
  private static final int INT8_MULTIPLE = 8;

  private static final int[] GROUPS = {128, 64, 32};
  private static final int INT4_ROWS = 16;

  /** Whether a CUDA device multiplies 8 bits; found out once. */
  private static final Map<ComputeDevice, Boolean> INT8_CORES = new ConcurrentHashMap<>();

  private LinearLayers() {}

  /** Whether this libtorch can pack; found out once. */
  private static final class Fbgemm {
    static final boolean PRESENT = probe();

    private static boolean probe() {
      try (Program program = Program.load(LinearLayers.class, SOURCE);
          Scope scope = new Scope()) {
        program.call(scope, "pack_fp16", scope.floats(new float[64], 8, 8));
        return true;
      } catch (GillException e) {
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
    boolean cuda = device.cuda();
    if (!cuda && precision != Precision.FP32) {
      return null;
    }
    return switch (quantization) {
      case NONE -> !cuda && info.type() == TensorType.F16 && Fbgemm.PRESENT ? Form.FP16 : null;
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
   * @param device where the program computes
   * @throws io.github.gill.InsufficientMemoryException if memory runs out
   * @throws EngineFailureException if libtorch for this platform has no fbgemm
   */
  public static void pack(
      Program program,
      Supplier<Checkpoint> files,
      Map<String, String> stored,
      Map<String, Form> forms,
      ComputeDevice device) {
    List<Map.Entry<String, Form>> some = new ArrayList<>();
    long bytes = 0;
    Map<String, TensorInfo> tensors;
    try (Checkpoint checkpoint = files.get()) {
      tensors = checkpoint.tensors();
    }
    for (Map.Entry<String, Form> layer : forms.entrySet()) {
      long size = Objects.requireNonNull(tensors.get(stored.get(layer.getKey()))).bytes();
      if (bytes + size > BYTES_AT_ONCE) {
        pack(program, files, stored, some, device);
        some.clear();
        bytes = 0;
      }
      some.add(layer);
      bytes += size;
    }
    pack(program, files, stored, some, device);
  }

  private static void pack(
      Program program,
      Supplier<Checkpoint> files,
      Map<String, String> stored,
      List<Map.Entry<String, Form>> layers,
      ComputeDevice device) {
    // A device packs with all its threads, and one layer at a time in fp32 is enough for it.
    // Threads that outlived this would make libtorch's own sleep between operations.
    int processors = Runtime.getRuntime().availableProcessors();
    ForkJoinPool threads = new ForkJoinPool(device.cuda() ? 1 : processors);
    try (Checkpoint checkpoint = files.get();
        Program loading = Program.load(LinearLayers.class, "weights.py")) {
      Runnable packing =
          () ->
              layers.parallelStream()
                  .forEach(
                      layer -> {
                        String name = layer.getKey();
                        String inFile = Objects.requireNonNull(stored.get(name));
                        pack(
                            loading,
                            program,
                            device,
                            name.substring(0, name.length() - ".weight".length()),
                            checkpoint.bytes(inFile),
                            Objects.requireNonNull(checkpoint.tensors().get(inFile)),
                            layer.getValue());
                      });
      threads.invoke(ForkJoinTask.adapt(packing));
    } finally {
      threads.shutdown();
    }
  }

  private static void pack(
      Program loading,
      Program program,
      ComputeDevice device,
      String name,
      ByteBuffer bytes,
      TensorInfo info,
      Form form) {
    try (Scope scope = new Scope()) {
      Value view = scope.view(bytes, Weights.Builder.djlType(info));
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      int type = info.type().torchType();
      Value weight = Weights.Builder.place(loading, scope, view, info, shape, device, type);
      String pack = device.cuda() && form == Form.INT8 ? "round_int8" : "pack_" + suffix(form);
      Value layer =
          form == Form.INT4
              ? program.call(scope, pack, weight, group(info))
              : program.call(scope, pack, weight);
      synchronized (program) {
        if (form == Form.INT4) {
          program.call(scope, "keep_int4", name, layer);
        } else if (device.cuda()) {
          boolean even = Arrays.stream(shape).allMatch(size -> size % INT8_MULTIPLE == 0);
          boolean multiplies = even && multipliesInt8(program, device);
          program.call(scope, multiplies ? "keep_columns" : "keep_rows", name, layer);
        } else {
          program.call(scope, "keep", name + "." + suffix(form), layer);
        }
      }
    }
  }

  private static boolean multipliesInt8(Program program, ComputeDevice device) {
    return INT8_CORES.computeIfAbsent(
        device,
        there -> {
          try (Scope scope = new Scope()) {
            return program.call(scope, "multiplies_int8", there.toString()).toLong() == 0;
          } catch (EngineFailureException e) {
            LOG.info("{} widens int8 weights for each product: {}", there, e.getMessage());
            return false;
          }
        });
  }

  private static String suffix(Form form) {
    return form.name().toLowerCase(Locale.ROOT);
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
