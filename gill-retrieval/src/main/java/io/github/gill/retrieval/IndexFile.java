package io.github.gill.retrieval;

import io.github.gill.ModelFileException;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Weights;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The index file {@code retrieval/index.safetensors}, mapped and used in place.
 *
 * <table>
 *   <caption>Its tensors, for N candidates with keys of R numbers</caption>
 *   <tr><th>name</th><th>type</th><th>shape</th><th>content</th></tr>
 *   <tr><td>{@code keys.i}</td><td>F32</td><td>n, R</td>
 *       <td>chunk i of the keys, of unit length; zero where a key has no direction</td></tr>
 *   <tr><td>{@code coarse.i}</td><td>F16</td><td>n, R</td>
 *       <td>the same rounded; or</td></tr>
 *   <tr><td>{@code coarse.i}</td><td>I8</td><td>n, P</td>
 *       <td>the same in steps, then zeros up to P, the next multiple of 32</td></tr>
 *   <tr><td>{@code steps.i}</td><td>F32</td><td>n</td>
 *       <td>with I8: the size of each key's steps, which bfloat16 holds exactly</td></tr>
 *   <tr><td>{@code path_ends}</td><td>I64</td><td>N</td>
 *       <td>for each path the position behind its last byte</td></tr>
 *   <tr><td>{@code paths}</td><td>U8</td><td>bytes</td><td>all paths in UTF-8</td></tr>
 * </table>
 *
 * <p>The metadata has {@code format} = {@value #FORMAT} and {@code model}, the {@link
 * RetrievalHeads#fingerprint} of the heads that made the keys, {@code lost}, how many keys have no
 * direction, and with I8 {@code rounding}, by what length rounding moved any key at most. A search
 * reads {@code coarse} from end to end and a few rows of {@code keys}.
 */
final class IndexFile {

  static final String FORMAT = "gill-candidates-1";
  static final String PATHS = "paths";
  static final String PATH_ENDS = "path_ends";
  static final String ROUNDING = "rounding";

  /** How many numbers the 8-bit kernel takes at a time. */
  private static final int WIDTH = 32;

  private IndexFile() {}

  static String keys(int chunk) {
    return "keys." + chunk;
  }

  static String coarse(int chunk) {
    return "coarse." + chunk;
  }

  static String steps(int chunk) {
    return "steps." + chunk;
  }

  /** The shape of a chunk's rounded keys. */
  static List<Long> coarseShape(KeyStorage storage, long rows, int columns) {
    long padded = (columns + WIDTH - 1L) / WIDTH * WIDTH;
    return List.of(rows, storage == KeyStorage.INT8 ? padded : columns);
  }

  static CandidateIndex open(Path file, RetrievalHeads heads, ComputeDevice device) {
    Checkpoint checkpoint = Checkpoints.open(file);
    Weights exact = null;
    Weights coarse = null;
    Program program = null;
    boolean done = false;
    try {
      checkMetadata(checkpoint, heads);
      int chunks = chunks(checkpoint);
      KeyStorage storage = storage(checkpoint);
      int rows = rows(checkpoint, storage, chunks, heads.size());
      PathTable paths = paths(checkpoint, rows);
      exact = load(checkpoint, chunks, List.of("keys"), Precision.FP32, ComputeDevice.CPU);
      // libtorch has no kernel for 8-bit keys on CUDA.
      ComputeDevice place = storage == KeyStorage.INT8 ? ComputeDevice.CPU : device;
      coarse =
          storage == KeyStorage.INT8
              ? load(checkpoint, chunks, List.of("coarse", "steps"), Precision.BF16, place)
              : load(checkpoint, chunks, List.of("coarse"), Precision.FP16, place);
      program = ScannedIndex.loadProgram();
      KeyStore keys =
          new KeyStore(
              exact,
              coarse,
              rows,
              heads.size(),
              lost(checkpoint, rows),
              storage.error(heads.size(), rounding(checkpoint, storage), place),
              releasing(coarse, exact, checkpoint));
      ScannedIndex index = new ScannedIndex(program, keys, paths, heads.scale());
      done = true;
      return index;
    } finally {
      if (!done) {
        releasing(program, coarse, exact, checkpoint).run();
      }
    }
  }

  private static void checkMetadata(Checkpoint file, RetrievalHeads heads) {
    Map<String, String> metadata = file.metadata();
    if (!FORMAT.equals(metadata.get("format"))) {
      throw new ModelFileException(
          "%s has the format \"%s\", expected \"%s\"; build the index anew"
              .formatted(file.source(), metadata.get("format"), FORMAT));
    }
    String model = metadata.get("model");
    if (!heads.fingerprint().equals(model)) {
      throw new RetrievalException(
          "%s was built with the retrieval heads %s, the model has %s; build the index anew for this model"
              .formatted(file.source(), model, heads.fingerprint()));
    }
  }

  private static int lost(Checkpoint file, int rows) {
    String lost = file.metadata().getOrDefault("lost", "");
    if (!lost.matches("\\d{1,9}") || Integer.parseInt(lost) > rows) {
      throw new ModelFileException(
          "%s: lost is \"%s\", expected a number up to %d; build the index anew"
              .formatted(file.source(), lost, rows));
    }
    return Integer.parseInt(lost);
  }

  private static double rounding(Checkpoint file, KeyStorage storage) {
    if (storage != KeyStorage.INT8) {
      return 0;
    }
    String text = file.metadata().getOrDefault(ROUNDING, "");
    double rounding = text.matches("[0-9.E-]{1,30}") ? parse(text) : Double.NaN;
    if (!(rounding >= 0 && rounding < 1)) {
      throw new ModelFileException(
          "%s: rounding is \"%s\", expected a length from 0 to 1; build the index anew"
              .formatted(file.source(), text));
    }
    return rounding;
  }

  private static double parse(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static KeyStorage storage(Checkpoint file) {
    TensorInfo coarse = file.tensors().get(coarse(0));
    return coarse != null && coarse.type() == KeyStorage.INT8.type()
        ? KeyStorage.INT8
        : KeyStorage.FP16;
  }

  private static int chunks(Checkpoint file) {
    int chunks = 0;
    while (file.tensors().containsKey(keys(chunks))) {
      chunks++;
    }
    return chunks;
  }

  private static int rows(Checkpoint file, KeyStorage storage, int chunks, int columns) {
    long rows = 0;
    for (int i = 0; i < chunks; i++) {
      TensorInfo keys = tensor(file, keys(i), TensorType.F32);
      TensorInfo coarse = tensor(file, coarse(i), storage.type());
      List<Long> shape = keys.shape();
      if (shape.size() != 2 || shape.get(0) < 1 || shape.get(1) != columns) {
        throw new ModelFileException(
            "%s: %s is %s, expected rows of %d numbers; build the index anew"
                .formatted(file.source(), keys(i), shape, columns));
      }
      if (!coarse.shape().equals(coarseShape(storage, shape.get(0), columns))) {
        throw misfit(file, keys(i), shape, coarse(i), coarse.shape());
      }
      if (storage == KeyStorage.INT8) {
        TensorInfo steps = tensor(file, steps(i), TensorType.F32);
        if (!steps.shape().equals(shape.subList(0, 1))) {
          throw misfit(file, keys(i), shape, steps(i), steps.shape());
        }
      }
      rows += shape.get(0);
    }
    if (rows > Integer.MAX_VALUE) {
      throw new ModelFileException(
          "%s has %d candidates, at most %d can be searched; split it"
              .formatted(file.source(), rows, Integer.MAX_VALUE));
    }
    return (int) rows;
  }

  private static ModelFileException misfit(
      Checkpoint file, String keys, List<Long> shape, String other, List<Long> found) {
    return new ModelFileException(
        "%s: %s is %s, but %s is %s; build the index anew"
            .formatted(file.source(), keys, shape, other, found));
  }

  private static PathTable paths(Checkpoint file, int rows) {
    TensorInfo ends = tensor(file, PATH_ENDS, TensorType.I64);
    tensor(file, PATHS, TensorType.U8);
    if (!ends.shape().equals(List.of((long) rows))) {
      throw new ModelFileException(
          "%s: %s is %s, expected one number for each of %d candidates; build the index anew"
              .formatted(file.source(), PATH_ENDS, ends.shape(), rows));
    }
    ByteBuffer text = file.bytes(PATHS);
    return new PathTable(text, file.bytes(PATH_ENDS).asLongBuffer());
  }

  private static TensorInfo tensor(Checkpoint file, String name, TensorType type) {
    TensorInfo info = file.tensors().get(name);
    if (info == null || info.type() != type) {
      throw new ModelFileException(
          "%s has %s, expected %s of type %s; build the index anew"
              .formatted(
                  file.source(),
                  info == null ? "no " + name : name + " of type " + info.type(),
                  name,
                  type));
    }
    return info;
  }

  private static Weights load(
      Checkpoint file, int chunks, List<String> names, Precision precision, ComputeDevice device) {
    String ignored = "(?!(" + String.join("|", names) + ")\\.).*";
    Layout.Builder layout = Layout.builder("an index").ignore(ignored);
    for (int i = 0; i < chunks; i++) {
      for (String name : names) {
        TensorInfo info = Objects.requireNonNull(file.tensors().get(name + "." + i));
        layout.tensor(name + "." + i, info.shape().stream().mapToLong(Long::longValue).toArray());
      }
    }
    return Weights.load(file, layout.build(), device, precision);
  }

  /** The size of the keys in 16 bits; those in 8 are scanned on the CPU. */
  static long coarseBytes(Path file) {
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      return checkpoint.tensors().entrySet().stream()
          .filter(tensor -> tensor.getKey().startsWith("coarse."))
          .map(Map.Entry::getValue)
          .filter(tensor -> tensor.type() == TensorType.F16)
          .mapToLong(TensorInfo::bytes)
          .sum();
    }
  }

  private static Runnable releasing(@Nullable AutoCloseable... parts) {
    return () -> {
      for (AutoCloseable part : parts) {
        close(part);
      }
    };
  }

  private static void close(@Nullable AutoCloseable part) {
    if (part == null) {
      return;
    }
    try {
      part.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new RetrievalException("an index could not be closed", e);
    }
  }
}
