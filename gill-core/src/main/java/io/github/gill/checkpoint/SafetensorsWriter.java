package io.github.gill.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Writes tensors as safetensors, one file or several with an index.
 *
 * <p>Tensors are added first and their content is asked for one at a time while writing, so a
 * checkpoint of any size passes through without being held. Files appear whole or not at all; of
 * several, the index comes last. Wider types are written first, which aligns every tensor to its
 * element. Not thread-safe.
 */
public final class SafetensorsWriter {

  private record Entry(String name, TensorInfo info, Supplier<Stream<ByteBuffer>> content) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private long shardBytes = Long.MAX_VALUE;

  /** Makes a writer without tensors, for one file of any size. */
  public SafetensorsWriter() {}

  /**
   * Adds a line to {@code __metadata__}.
   *
   * @param key the line's key
   * @param value its text
   * @return this writer
   */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Splits what is larger into several files with an index.
   *
   * @param bytes the largest content of one file, positive; a single larger tensor gets its own
   * @return this writer
   */
  public SafetensorsWriter shardBytes(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("shardBytes is " + bytes + ", must be positive");
    }
    shardBytes = bytes;
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param name its name, once per writer
   * @param info its type and shape
   * @param content returns its contiguous little-endian bytes when it is written, exactly {@link
   *     TensorInfo#bytes} of them between position and limit
   * @return this writer
   * @throws IllegalArgumentException if the name is taken or reserved
   */
  public SafetensorsWriter tensor(String name, TensorInfo info, Supplier<ByteBuffer> content) {
    return pieces(name, info, () -> Stream.of(content.get()));
  }

  /**
   * Adds a tensor that is written piece by piece, so that none of any size need be held whole.
   *
   * @param name its name, once per writer
   * @param info its type and shape
   * @param content returns its contiguous little-endian bytes in order when it is written, {@link
   *     TensorInfo#bytes} of them in all
   * @return this writer
   * @throws IllegalArgumentException if the name is taken or reserved
   */
  public SafetensorsWriter pieces(
      String name, TensorInfo info, Supplier<Stream<ByteBuffer>> content) {
    if (name.equals("__metadata__")
        || entries.putIfAbsent(name, new Entry(name, info, content)) != null) {
      throw new IllegalArgumentException("\"" + name + "\" is taken");
    }
    return this;
  }

  /**
   * Adds an F32 tensor.
   *
   * @param name its name, once per writer
   * @param values its numbers in row-major order; kept, not copied, until they are written
   * @param shape the size of each axis; the product is the number of numbers
   * @return this writer
   * @throws IllegalArgumentException if the shape does not fit the numbers
   */
  public SafetensorsWriter floats(String name, float[] values, long... shape) {
    TensorInfo info = new TensorInfo(TensorType.F32, axes(shape));
    return numbers(name, info, values.length, bytes -> bytes.asFloatBuffer().put(values));
  }

  /**
   * Adds an I64 tensor.
   *
   * @param name its name, once per writer
   * @param values its numbers in row-major order; kept, not copied, until they are written
   * @param shape the size of each axis; the product is the number of numbers
   * @return this writer
   * @throws IllegalArgumentException if the shape does not fit the numbers
   */
  public SafetensorsWriter longs(String name, long[] values, long... shape) {
    TensorInfo info = new TensorInfo(TensorType.I64, axes(shape));
    return numbers(name, info, values.length, bytes -> bytes.asLongBuffer().put(values));
  }

  private SafetensorsWriter numbers(
      String name, TensorInfo info, int count, Consumer<ByteBuffer> put) {
    if (info.elements() != count) {
      throw new IllegalArgumentException(
          "\"" + name + "\" has " + count + " numbers for the shape " + info.shape());
    }
    return tensor(
        name,
        info,
        () -> {
          ByteBuffer bytes =
              ByteBuffer.allocate(Math.toIntExact(info.bytes())).order(ByteOrder.LITTLE_ENDIAN);
          put.accept(bytes);
          return bytes;
        });
  }

  /**
   * Adds all tensors of a checkpoint.
   *
   * @param checkpoint where they come from; stays open until they are written
   * @param rename gives each tensor its name in the new file
   * @return this writer
   * @throws IllegalArgumentException if two tensors get one name
   */
  public SafetensorsWriter all(Checkpoint checkpoint, UnaryOperator<String> rename) {
    checkpoint
        .tensors()
        .forEach((name, info) -> tensor(rename.apply(name), info, () -> checkpoint.bytes(name)));
    return this;
  }

  /**
   * Writes everything, as one file if it fits {@link #shardBytes}.
   *
   * @param target the file, its name ending in {@code .safetensors}. Several files are named {@code
   *     NAME-00001-of-00002.safetensors} and so on, their index {@code NAME.safetensors.index.json}
   * @return the file to open: the target, or the index
   * @throws ModelFileException if something cannot be written; nothing half-written is left under
   *     these names
   */
  public Path write(Path target) {
    List<List<Entry>> shards = shards();
    try {
      if (shards.size() == 1) {
        AtomicFile.write(target, channel -> write(channel, shards.get(0)));
        return target;
      }
      return writeShards(target, shards);
    } catch (IOException e) {
      throw new ModelFileException(
          target + " cannot be written (" + e + "); check the folder and the space on its disk", e);
    }
  }

  private Path writeShards(Path target, List<List<Entry>> shards) throws IOException {
    String file = target.getFileName().toString();
    String base = file.endsWith(".safetensors") ? file.substring(0, file.length() - 12) : file;
    Map<Path, Path> parts = new LinkedHashMap<>();
    JsonObject map = new JsonObject();
    long total = 0;
    try {
      for (int i = 0; i < shards.size(); i++) {
        List<Entry> shard = shards.get(i);
        String name =
            String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", base, i + 1, shards.size());
        Path path = target.resolveSibling(name);
        parts.put(AtomicFile.part(path, channel -> write(channel, shard)), path);
        for (Entry entry : shard) {
          map.addProperty(entry.name(), name);
          total += entry.info().bytes();
        }
      }
      for (Map.Entry<Path, Path> part : parts.entrySet()) {
        AtomicFile.publish(part.getKey(), part.getValue());
      }
    } finally {
      for (Path part : parts.keySet()) {
        Files.deleteIfExists(part);
      }
    }
    JsonObject index = new JsonObject();
    JsonObject totals = new JsonObject();
    totals.addProperty("total_size", total);
    index.add("metadata", totals);
    index.add("weight_map", map);
    Path path = target.resolveSibling(base + ".safetensors.index.json");
    byte[] json = index.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(path, channel -> writeAll(channel, ByteBuffer.wrap(json)));
    return path;
  }

  private List<List<Entry>> shards() {
    List<List<Entry>> shards = new ArrayList<>();
    List<Entry> shard = new ArrayList<>();
    long size = 0;
    for (Entry entry : entries.values()) {
      long bytes = entry.info().bytes();
      if (!shard.isEmpty() && bytes > shardBytes - size) {
        shards.add(shard);
        shard = new ArrayList<>();
        size = 0;
      }
      shard.add(entry);
      size += bytes;
    }
    shards.add(shard);
    shards.forEach(s -> s.sort(Comparator.comparingInt((Entry e) -> -e.info().type().bytes())));
    return shards;
  }

  private void write(FileChannel channel, List<Entry> shard) throws IOException {
    writeAll(channel, header(shard));
    for (Entry entry : shard) {
      long bytes = 0;
      try (Stream<ByteBuffer> content = entry.content().get()) {
        for (Iterator<ByteBuffer> pieces = content.iterator(); pieces.hasNext(); ) {
          ByteBuffer piece = pieces.next();
          bytes += piece.remaining();
          writeAll(channel, piece);
        }
      }
      if (bytes != entry.info().bytes()) {
        throw new IllegalStateException(
            "\"%s\" has %d bytes, expected %d"
                .formatted(entry.name(), bytes, entry.info().bytes()));
      }
    }
  }

  private ByteBuffer header(List<Entry> shard) {
    JsonObject header = new JsonObject();
    if (!metadata.isEmpty()) {
      JsonObject lines = new JsonObject();
      metadata.forEach(lines::addProperty);
      header.add("__metadata__", lines);
    }
    long offset = 0;
    for (Entry entry : shard) {
      JsonArray shape = new JsonArray();
      entry.info().shape().forEach(shape::add);
      JsonArray range = new JsonArray();
      range.add(offset);
      offset += entry.info().bytes();
      range.add(offset);
      JsonObject tensor = new JsonObject();
      tensor.addProperty("dtype", entry.info().type().name());
      tensor.add("shape", shape);
      tensor.add("data_offsets", range);
      header.add(entry.name(), tensor);
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    // Padded with spaces so that the data begins at a multiple of eight.
    int length = (json.length + 7) / 8 * 8;
    ByteBuffer bytes = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(length).put(json);
    while (bytes.hasRemaining()) {
      bytes.put((byte) ' ');
    }
    return bytes.flip();
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static List<Long> axes(long... shape) {
    List<Long> axes = new ArrayList<>();
    for (long axis : shape) {
      axes.add(axis);
    }
    return axes;
  }
}
