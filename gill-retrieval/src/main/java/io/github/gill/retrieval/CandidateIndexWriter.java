package io.github.gill.retrieval;

import io.github.gill.ModelFileException;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.AtomicFile;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes an index of candidates whose keys are known, of any number with constant heap.
 *
 * <p>Candidates are gathered in batches, each a file under {@code retrieval/.building/}. {@link
 * #finish} joins them into {@code retrieval/index.safetensors}, which appears whole or not at all,
 * and removes them. What a killed process leaves behind is found again by the next writer: {@link
 * #written} candidates need not be added anew. Not thread-safe.
 */
public final class CandidateIndexWriter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CandidateIndexWriter.class);

  private static final String BUILDING = ".building";
  private static final String LOST = "lost";

  /** A saved batch. */
  private record Part(Path file, int rows, int pathBytes, int lost, float rounding) {}

  private final Path target;
  private final Path building;
  private final int columns;
  private final KeyStorage storage;
  private final String model;
  private final String source;
  private final Program program;
  private final List<Part> parts = new ArrayList<>();
  private final float[] batch;
  private PathTable.Builder paths = new PathTable.Builder();
  private int written;
  private long position;
  private long reached;

  private CandidateIndexWriter(
      Path folder, RetrievalHeads heads, KeyStorage storage, String source, int batchRows) {
    this.target = CandidateFolder.index(folder);
    this.building = target.resolveSibling(BUILDING);
    this.columns = heads.size();
    this.storage = storage;
    this.model = heads.fingerprint();
    this.source = source;
    this.batch = new float[batchRows * columns];
    try {
      Files.createDirectories(building);
    } catch (IOException e) {
      throw unwritable(e);
    }
    this.program = ScannedIndex.loadProgram();
  }

  /**
   * Starts an index from nothing, dropping what an unfinished one left behind.
   *
   * @param folder the model folder
   * @param heads the model's retrieval heads, which made the keys
   * @param storage how to keep the keys that searches read
   * @return the writer, which the caller closes
   * @throws RetrievalException if the folder cannot be written to
   */
  public static CandidateIndexWriter create(Path folder, RetrievalHeads heads, KeyStorage storage) {
    CandidateIndexWriter writer =
        new CandidateIndexWriter(folder, heads, storage, "", KeyStore.batchRows(heads.size()));
    writer.dropOthers();
    return writer;
  }

  /**
   * Starts an index or goes on with an unfinished one.
   *
   * @param folder the model folder
   * @param heads the model's retrieval heads, which made the keys
   * @param storage how to keep the keys that searches read; an unfinished index with another is
   *     dropped
   * @param source identifies what candidates are taken from; an unfinished index from another
   *     source, or of another model, is dropped
   * @param batchRows after how many candidates work is saved
   */
  static CandidateIndexWriter resume(
      Path folder, RetrievalHeads heads, KeyStorage storage, String source, int batchRows) {
    CandidateIndexWriter writer =
        new CandidateIndexWriter(folder, heads, storage, source, batchRows);
    writer.findParts();
    return writer;
  }

  /** How many candidates are saved, without those of a batch that is not full. */
  int written() {
    return written;
  }

  /** How far in its source the last saved batch reaches. */
  long position() {
    return position;
  }

  /**
   * Adds a candidate.
   *
   * @param path a file relative to the model folder, an absolute file or an http(s) URL
   * @param key its key, R numbers, of any length; zero and NaN are kept but never found
   * @throws IllegalArgumentException if the key has another size
   * @throws RetrievalException if a batch cannot be saved
   */
  public void add(String path, float[] key) {
    add(path, key, 0);
  }

  /** Adds a candidate and says how far in the source it is. */
  void add(String path, float[] key, long positionAfter) {
    if (key.length != columns) {
      throw new IllegalArgumentException(
          "the key of " + path + " has " + key.length + " numbers, expected " + columns);
    }
    System.arraycopy(key, 0, batch, paths.size() * columns, columns);
    paths.add(path);
    reached = positionAfter;
    if (paths.size() * columns == batch.length) {
      flush();
    }
  }

  /**
   * Joins what was added into the index, replacing the one before.
   *
   * @return how many candidates it has
   * @throws RetrievalException if there are none, or the index cannot be written; the one before
   *     then stays
   */
  public int finish() {
    flush();
    if (written == 0) {
      throw new RetrievalException("there is no candidate to write to " + target);
    }
    try {
      join().write(target);
    } catch (ModelFileException e) {
      throw new RetrievalException(String.valueOf(e.getMessage()), e);
    }
    parts.clear();
    dropOthers();
    deleteBuilding();
    return written;
  }

  /** Every chunk is made of as many parts as fill it, at least one. */
  private SafetensorsWriter join() {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", IndexFile.FORMAT)
            .metadata("model", model)
            .metadata(LOST, Integer.toString(parts.stream().mapToInt(Part::lost).sum()));
    if (storage == KeyStorage.INT8) {
      double rounding = parts.stream().mapToDouble(Part::rounding).max().orElse(0);
      writer.metadata(IndexFile.ROUNDING, Double.toString(rounding));
    }
    int chunk = 0;
    int first = 0;
    while (first < parts.size()) {
      int last = first;
      int rows = 0;
      do {
        rows += parts.get(last++).rows();
      } while (last < parts.size() && rows + parts.get(last).rows() <= KeyStore.chunkRows(columns));
      List<Part> members = parts.subList(first, last);
      List<Long> shape = List.of((long) rows, (long) columns);
      joined(writer, IndexFile.keys(chunk), TensorType.F32, shape, members, IndexFile.keys(0));
      joined(
          writer,
          IndexFile.coarse(chunk),
          storage.type(),
          IndexFile.coarseShape(storage, rows, columns),
          members,
          IndexFile.coarse(0));
      if (storage == KeyStorage.INT8) {
        List<Long> each = List.of((long) rows);
        joined(writer, IndexFile.steps(chunk), TensorType.F32, each, members, IndexFile.steps(0));
      }
      first = last;
      chunk++;
    }
    long bytes = parts.stream().mapToLong(Part::pathBytes).sum();
    joined(writer, IndexFile.PATHS, TensorType.U8, List.of(bytes), parts, IndexFile.PATHS);
    TensorInfo ends = new TensorInfo(TensorType.I64, List.of((long) written));
    return writer.tensor(
        IndexFile.PATH_ENDS,
        ends,
        () -> {
          ByteBuffer all =
              ByteBuffer.allocate(Math.toIntExact(ends.bytes())).order(ByteOrder.LITTLE_ENDIAN);
          parts.forEach(part -> all.put(read(part, IndexFile.PATH_ENDS)));
          return shiftedEnds(all.flip());
        });
  }

  private static void joined(
      SafetensorsWriter writer,
      String name,
      TensorType type,
      List<Long> shape,
      List<Part> members,
      String member) {
    TensorInfo info = new TensorInfo(type, shape);
    writer.pieces(name, info, () -> members.stream().map(part -> read(part, member)));
  }

  /** Copies a part's tensor; thousands of files open at once are more than most systems allow. */
  private static ByteBuffer read(Part part, String member) {
    try (Checkpoint opened = Checkpoints.open(part.file())) {
      ByteBuffer mapped = opened.bytes(member);
      return ByteBuffer.allocate(mapped.remaining()).put(mapped).flip();
    }
  }

  /** Each part counts its bytes from 0; the whole counts them through. */
  private ByteBuffer shiftedEnds(ByteBuffer ends) {
    long before = 0;
    int at = 0;
    for (Part part : parts) {
      for (int row = 0; row < part.rows(); row++, at += Long.BYTES) {
        ends.putLong(at, ends.getLong(at) + before);
      }
      before += part.pathBytes();
    }
    return ends;
  }

  private void flush() {
    int rows = paths.size();
    if (rows == 0) {
      return;
    }
    Path file = part(parts.size());
    try (Scope scope = new Scope()) {
      Value raw = scope.floats(Arrays.copyOf(batch, rows * columns), rows, columns);
      List<Value> encoded = program.call(scope, "encode", raw).elements(scope);
      Rounded coarse = round(scope, encoded.get(0), encoded.get(1));
      int lost = (int) encoded.get(2).toLong();
      byte[] text = paths.text();
      SafetensorsWriter writer = new SafetensorsWriter();
      if (storage == KeyStorage.INT8) {
        writer.floats(IndexFile.steps(0), coarse.steps(), rows);
      }
      writer
          .metadata("model", model)
          .metadata("source", source)
          .metadata("position", Long.toString(reached))
          .metadata(LOST, Integer.toString(lost))
          .metadata(IndexFile.ROUNDING, Float.toString(coarse.moved()))
          .floats(IndexFile.keys(0), encoded.get(0).toFloats(), rows, columns)
          .longs(IndexFile.PATH_ENDS, paths.ends(), rows)
          .tensor(
              IndexFile.coarse(0),
              new TensorInfo(storage.type(), IndexFile.coarseShape(storage, rows, columns)),
              () -> ByteBuffer.wrap(coarse.keys()))
          .tensor(
              IndexFile.PATHS,
              new TensorInfo(TensorType.U8, List.of((long) text.length)),
              () -> ByteBuffer.wrap(text))
          .write(file);
      parts.add(new Part(file, rows, text.length, lost, coarse.moved()));
    } catch (ModelFileException e) {
      throw new RetrievalException(String.valueOf(e.getMessage()), e);
    }
    written += rows;
    position = reached;
    paths = new PathTable.Builder();
  }

  /** A batch's keys as searches read them, each one's steps and how far rounding moved any. */
  @SuppressWarnings("ArrayRecordComponent") // Private to this class, never written to.
  private record Rounded(byte[] keys, float[] steps, float moved) {}

  private Rounded round(Scope scope, Value exact, Value halves) {
    if (storage == KeyStorage.FP16) {
      return new Rounded(halves.toBytes(), new float[0], 0);
    }
    List<Value> shrunk = program.call(scope, "shrink", exact).elements(scope);
    return new Rounded(
        shrunk.get(0).toBytes(), shrunk.get(1).toFloats(), shrunk.get(2).toFloats()[0]);
  }

  private void findParts() {
    Path file = part(0);
    while (Files.isRegularFile(file)) {
      try (Checkpoint found = Checkpoints.open(file)) {
        TensorInfo keys = found.tensors().get(IndexFile.keys(0));
        TensorInfo coarse = found.tensors().get(IndexFile.coarse(0));
        TensorInfo text = found.tensors().get(IndexFile.PATHS);
        if (keys == null
            || coarse == null
            || text == null
            || coarse.type() != storage.type()
            || keys.shape().get(1) != columns
            || !model.equals(found.metadata().get("model"))
            || !source.equals(found.metadata().get("source"))) {
          break;
        }
        position = Long.parseLong(found.metadata().getOrDefault("position", ""));
        int rows = Math.toIntExact(keys.shape().get(0));
        int lost = Integer.parseInt(found.metadata().getOrDefault(LOST, ""));
        float rounding = Float.parseFloat(found.metadata().getOrDefault(IndexFile.ROUNDING, ""));
        parts.add(new Part(file, rows, Math.toIntExact(text.elements()), lost, rounding));
        written += rows;
      } catch (ModelFileException | NumberFormatException e) {
        LOG.warn("{} is left out and made anew: {}", file, e.getMessage());
        break;
      }
      file = part(parts.size());
    }
    dropOthers();
  }

  /** Deletes what is neither a saved batch nor the index itself. */
  private void dropOthers() {
    Set<Path> kept = parts.stream().map(Part::file).collect(Collectors.toSet());
    try (DirectoryStream<Path> batches = Files.newDirectoryStream(building)) {
      for (Path file : batches) {
        if (!kept.contains(file)) {
          Files.deleteIfExists(file);
        }
      }
      AtomicFile.dropHalves(target);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private Path part(int number) {
    return building.resolve(String.format(Locale.ROOT, "part-%06d.safetensors", number));
  }

  private RetrievalException unwritable(IOException e) {
    return new RetrievalException(
        building + " cannot be written (" + e + "); check the folder and the space on its disk", e);
  }

  /** Ends the work. Batches that were saved stay for the next writer unless {@link #finish} ran. */
  @Override
  public void close() {
    program.close();
    if (parts.isEmpty()) {
      deleteBuilding();
    }
  }

  private void deleteBuilding() {
    try {
      Files.deleteIfExists(building);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
