package io.github.gill.runtime;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.jni.IValue;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A network's parameters under the hub's names, on one device in one precision.
 *
 * <p>Where device and type are the file's, tensors are the mapped file itself: nothing is copied,
 * so the {@link Checkpoint} must stay open for longer than the weights, and every program that
 * takes them first asks whether the file is still as it was. Otherwise each tensor is converted on
 * its own; on CUDA the kernels of convolutions lie with their channels last. Thread-safe for use;
 * close after the last call.
 */
public final class Weights implements AutoCloseable {

  /** Bytes of each of the two buffers through which a file goes to a CUDA device. */
  private static final long STAGING = 64L << 20;

  private static final AtomicLong BYTES_ALIVE = new AtomicLong();

  private final IValue handle;
  private final ComputeDevice device;
  private final Precision precision;
  private final AtomicLong bytes;

  /** The files that tensors lie in. */
  private volatile List<Checkpoint> mapped;

  private Weights(
      IValue handle,
      ComputeDevice device,
      Precision precision,
      long bytes,
      Set<Checkpoint> mapped) {
    this.handle = handle;
    this.device = device;
    this.precision = precision;
    this.bytes = new AtomicLong(bytes);
    this.mapped = List.copyOf(mapped);
    BYTES_ALIVE.addAndGet(bytes);
  }

  /**
   * Returns how much memory the weights in this process take that have not been closed, on all
   * devices, as they were loaded: layers that were reordered afterwards may be padded. What is the
   * mapped file itself counts too.
   *
   * @return bytes, for tests and monitoring
   */
  public static long bytesAlive() {
    return BYTES_ALIVE.get();
  }

  /**
   * Loads a network.
   *
   * @param checkpoint its tensors; stays open until the weights are closed
   * @param layout the names and shapes that the network needs
   * @param device where to put them
   * @param precision the type of floating-point tensors; others keep theirs
   * @return the weights, which the caller closes
   * @throws io.github.gill.ModelFileException if tensors are missing, superfluous or misshapen
   * @throws io.github.gill.InsufficientMemoryException if memory runs out
   */
  public static Weights load(
      Checkpoint checkpoint, Layout layout, ComputeDevice device, Precision precision) {
    return builder(device, precision).add(checkpoint, layout).build();
  }

  /**
   * Starts weights that come from several places.
   *
   * @param device where to put them
   * @param precision the type of floating-point tensors
   * @return a builder
   */
  public static Builder builder(ComputeDevice device, Precision precision) {
    return new Builder(device, precision);
  }

  /**
   * Returns where the weights are.
   *
   * @return the device
   */
  public ComputeDevice device() {
    return device;
  }

  /**
   * Returns the weights' floating-point type.
   *
   * @return the precision
   */
  public Precision precision() {
    return precision;
  }

  /** The dictionary for a program, whose tensors are safe to read at this moment. */
  IValue handle() {
    for (Checkpoint file : mapped) {
      file.checkUnchanged();
    }
    return handle;
  }

  /** Notes that every tensor has been copied out of its file. */
  void leaveFiles() {
    mapped = List.of();
  }

  /** Frees the tensors. Does nothing the second time. */
  @Override
  public void close() {
    handle.close();
    BYTES_ALIVE.addAndGet(-bytes.getAndSet(0));
  }

  /** What becomes of a checkpoint's tensor. */
  public enum Use {
    /** A tensor in the weights' precision. */
    CONVERTED,
    /** A tensor in the file's own type: on the CPU, the mapped file itself. */
    AS_STORED,
    /** Nothing here; somebody else reads it. */
    ELSEWHERE
  }

  /** Collects tensors; closing it without {@link #build} frees them. */
  public static final class Builder implements AutoCloseable {

    private final ComputeDevice device;
    private final Precision precision;
    private final Scope scope = new Scope();
    private final Map<String, Value> tensors = new LinkedHashMap<>();
    private final Set<Checkpoint> mapped = new LinkedHashSet<>();
    private long bytes;

    private Builder(ComputeDevice device, Precision precision) {
      this.device = device;
      this.precision = precision;
    }

    /**
     * Adds what a layout asks for.
     *
     * @param checkpoint where from
     * @param layout which names and shapes
     * @return this builder
     */
    public Builder add(Checkpoint checkpoint, Layout layout) {
      return add(checkpoint, layout, "");
    }

    /**
     * Adds what a layout asks for under shorter names.
     *
     * @param checkpoint where from
     * @param layout which names and shapes
     * @param root what all the layout's names begin with and the program leaves out
     * @return this builder
     */
    public Builder add(Checkpoint checkpoint, Layout layout, String root) {
      return add(checkpoint, layout, root, name -> Use.CONVERTED);
    }

    /**
     * Adds what a layout asks for, not all of it in the same way.
     *
     * @param checkpoint where from
     * @param layout which names and shapes
     * @param root what all the layout's names begin with and the program leaves out
     * @param uses what becomes of each tensor, by the layout's name
     * @return this builder
     */
    public Builder add(
        Checkpoint checkpoint, Layout layout, String root, Function<String, Use> uses) {
      Map<String, String> names = layout.match(checkpoint);
      names.keySet().removeIf(name -> uses.apply(name) == Use.ELSEWHERE);
      try (Program program = Program.load(Weights.class, "weights.py")) {
        names.forEach(
            (name, stored) -> {
              TensorInfo info = Objects.requireNonNull(checkpoint.tensors().get(stored));
              boolean changed = uses.apply(name) == Use.CONVERTED && info.type().isFloating();
              bytes += changed ? info.elements() * precision.bytes() : info.bytes();
              try (Scope passing = new Scope()) {
                Value file = passing.view(checkpoint.bytes(stored), djlType(info));
                int type = changed ? precision.torchType() : info.type().torchType();
                if (inPlace(info, type)) {
                  mapped.add(checkpoint);
                }
                put(
                    name.substring(root.length()),
                    passing.detach(
                        place(program, passing, file, info, layout.shape(name), device, type)));
              }
            });
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
      return this;
    }

    /**
     * Adds a tensor from the heap.
     *
     * @param name its name
     * @param values its numbers in row-major order
     * @param shape the size of each axis
     * @return this builder
     */
    public Builder add(String name, float[] values, long... shape) {
      try (Program program = Program.load(Weights.class, "weights.py");
          Scope passing = new Scope()) {
        Value tensor = passing.floats(values, shape);
        put(
            name,
            passing.detach(
                program.call(
                    passing, "place", tensor, 6, shape, device.toString(), precision.torchType())));
        bytes += (long) values.length * precision.bytes();
      }
      return this;
    }

    /**
     * Averages a tensor that was added.
     *
     * @param name its name
     * @return the mean over its first axis
     */
    public float[] columnMean(String name) {
      try (Program program = Program.load(Weights.class, "weights.py");
          Scope passing = new Scope()) {
        return program
            .call(passing, "column_mean", Objects.requireNonNull(tensors.get(name)))
            .toFloats();
      }
    }

    /** Whether {@code weights.py} returns the file's own memory. */
    private boolean inPlace(TensorInfo info, int type) {
      return !device.cuda() && info.type() != TensorType.BF16 && info.type().torchType() == type;
    }

    private void put(String name, Value tensor) {
      tensors.put(name, scope.own(tensor));
    }

    /**
     * Counts layers that a program keeps for these weights in {@link #bytesAlive}.
     *
     * @param bytes what they take
     * @return this builder
     */
    public Builder keptElsewhere(long bytes) {
      this.bytes += bytes;
      return this;
    }

    /**
     * Builds the weights.
     *
     * @return the weights, which the caller closes
     */
    public Weights build() {
      Map<String, IValue> handles = new LinkedHashMap<>();
      tensors.forEach((name, tensor) -> handles.put(name, tensor.handle()));
      try {
        return new Weights(IValue.stringIValueMapFrom(handles), device, precision, bytes, mapped);
      } catch (EngineException e) {
        throw EngineErrors.of("weights could not be gathered", e);
      } finally {
        close();
      }
    }

    /** Frees what was collected. */
    @Override
    public void close() {
      scope.close();
    }

    /**
     * Brings a checkpoint's bytes to a device and type. On the CPU and in the file's type it is the
     * same memory; to a CUDA device it is copied by way of two page-locked buffers of 64 MiB, so
     * that reading the file and copying overlap.
     */
    static Value place(
        Program program,
        Scope scope,
        Value bytes,
        TensorInfo info,
        long[] shape,
        ComputeDevice device,
        int type) {
      int stored = info.type().torchType();
      String place = device.toString();
      if (!device.cuda()) {
        return program.call(scope, "place", bytes, stored, shape, place, type);
      }
      long count = info.type() == TensorType.BF16 ? STAGING : STAGING / info.type().bytes();
      return program.call(scope, "upload", bytes, stored, shape, place, type, count, true);
    }

    /** Names the type under which a checkpoint's bytes go over. */
    static DataType djlType(TensorInfo info) {
      return switch (info.type()) {
        case F64 -> DataType.FLOAT64;
        case F32 -> DataType.FLOAT32;
        case F16 -> DataType.FLOAT16;
        case I64 -> DataType.INT64;
        case I32 -> DataType.INT32;
        case U8 -> DataType.UINT8;
        case BOOL -> DataType.BOOLEAN;
        // DJL cannot name bfloat16: it goes over as bytes and is looked at anew inside.
        case I8, BF16 -> DataType.INT8;
      };
    }
  }
}
