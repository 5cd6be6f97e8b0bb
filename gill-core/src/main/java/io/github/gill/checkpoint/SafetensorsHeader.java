package io.github.gill.checkpoint;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.gill.ModelFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The directory at the front of a safetensors file: eight bytes of length, then JSON.
 *
 * <p>Everything that a lying header could get wrong is checked here, before any tensor is looked
 * at: the length, the JSON, types, shapes against sizes, and that the tensors cover the rest of the
 * file without holes or overlaps, as the format demands.
 */
final class SafetensorsHeader {

  /** The format's own limit on the JSON. */
  private static final long MAX_HEADER = 100_000_000;

  private static final int MAX_AXES = 32;

  /** Where one tensor lies. */
  record Entry(TensorInfo info, long begin, long end) {}

  private final String file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private SafetensorsHeader(String file) {
    this.file = file;
  }

  /**
   * Reads and checks a file's header.
   *
   * @param file the open file
   * @return the header, its offsets counted from the file's beginning
   * @throws ModelFileException if the file is no safetensors file or its header does not fit it
   */
  static SafetensorsHeader read(MappedFile file) {
    SafetensorsHeader header = new SafetensorsHeader(file.path().getFileName().toString());
    try {
      header.parse(file.channel(), file.size());
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw header.bad("the header is not the JSON it should be: " + e.getMessage(), e);
    }
    return header;
  }

  Map<String, Entry> entries() {
    return entries;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  private void parse(FileChannel channel, long size) throws IOException {
    if (size < 8) {
      throw bad("it has " + size + " bytes, a safetensors file at least 8", null);
    }
    long length = read(channel, 0, 8).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MAX_HEADER || length > size - 8) {
      throw bad(
          "the header claims %d bytes, the file has %d and the format allows %d"
              .formatted(length, size, MAX_HEADER),
          null);
    }
    byte[] json = read(channel, 8, (int) length).array();
    if (json[0] != '{') {
      throw bad("the header does not begin with \"{\"", null);
    }
    InputStreamReader text =
        new InputStreamReader(
            new ByteArrayInputStream(json),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    try (JsonReader reader = new JsonReader(text)) {
      reader.setStrictness(Strictness.STRICT);
      reader.beginObject();
      while (reader.hasNext()) {
        String name = reader.nextName();
        if (name.equals("__metadata__")) {
          readMetadata(reader);
        } else if (entries.put(name, readEntry(reader, name, 8 + length, size)) != null) {
          throw bad("\"" + name + "\" is there twice", null);
        }
      }
      reader.endObject();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw bad("something follows the header's JSON", null);
      }
    }
    checkCoverage(8 + length, size);
  }

  private void readMetadata(JsonReader reader) throws IOException {
    if (!metadata.isEmpty()) {
      throw bad("__metadata__ is there twice", null);
    }
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (reader.peek() != JsonToken.STRING) {
        throw bad("__metadata__ \"" + key + "\" is not text", null);
      }
      metadata.put(key, reader.nextString());
    }
    reader.endObject();
  }

  private Entry readEntry(JsonReader reader, String name, long data, long size) throws IOException {
    String type = null;
    List<Long> shape = null;
    List<Long> range = null;
    reader.beginObject();
    while (reader.hasNext()) {
      String key = reader.nextName();
      if (key.equals("dtype") && type == null && reader.peek() == JsonToken.STRING) {
        type = reader.nextString();
      } else if (key.equals("shape") && shape == null) {
        shape = numbers(reader, name, key);
      } else if (key.equals("data_offsets") && range == null) {
        range = numbers(reader, name, key);
      } else {
        throw bad("\"%s\" has a wrong or repeated \"%s\"".formatted(name, key), null);
      }
    }
    reader.endObject();
    if (type == null || shape == null || range == null || range.size() != 2) {
      throw bad("\"" + name + "\" lacks dtype, shape or two data_offsets", null);
    }
    long begin = range.get(0);
    long end = range.get(1);
    if (begin > end || end > size - data) {
      throw bad(
          "\"%s\" lies at bytes %d to %d of %d; the file is cut off or its header is wrong: download it again"
              .formatted(name, begin, end, size - data),
          null);
    }
    TensorInfo info = new TensorInfo(type(name, type), shape);
    long bytes;
    try {
      bytes = info.bytes();
    } catch (ArithmeticException e) {
      throw bad("\"%s\" has the impossible shape %s".formatted(name, shape), e);
    }
    if (bytes != end - begin) {
      throw bad(
          "\"%s\" is %s of shape %s, %d bytes, but its range has %d"
              .formatted(name, type, shape, bytes, end - begin),
          null);
    }
    return new Entry(info, data + begin, data + end);
  }

  private TensorType type(String name, String type) {
    for (TensorType known : TensorType.values()) {
      if (known.name().equals(type)) {
        return known;
      }
    }
    throw bad(
        "\"%s\" has type \"%s\"; known are %s".formatted(name, type, List.of(TensorType.values())),
        null);
  }

  private List<Long> numbers(JsonReader reader, String name, String key) throws IOException {
    List<Long> numbers = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      if (reader.peek() != JsonToken.NUMBER || numbers.size() == MAX_AXES) {
        throw bad("\"%s\": %s is not a short list of numbers".formatted(name, key), null);
      }
      long number = Long.parseLong(reader.nextString());
      if (number < 0) {
        throw bad("\"%s\": %s has %d".formatted(name, key, number), null);
      }
      numbers.add(number);
    }
    reader.endArray();
    return numbers;
  }

  private void checkCoverage(long data, long size) {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long covered = data;
    for (Map.Entry<String, Entry> tensor : sorted) {
      long begin = tensor.getValue().begin();
      if (begin != covered) {
        throw bad(
            "\"%s\" begins at byte %d, %s at %d"
                .formatted(
                    tensor.getKey(),
                    begin,
                    begin < covered ? "inside the tensor that ends" : "after a hole that begins",
                    covered),
            null);
      }
      covered = tensor.getValue().end();
    }
    if (covered != size) {
      throw bad("the tensors end at byte %d of %d".formatted(covered, size), null);
    }
  }

  private static ByteBuffer read(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer target = ByteBuffer.allocate(length);
    while (target.hasRemaining()) {
      if (channel.read(target, position + target.position()) < 0) {
        throw new IOException("the file ended early");
      }
    }
    return target.flip();
  }

  private ModelFileException bad(String what, @Nullable Throwable cause) {
    return new ModelFileException(file + ": " + what, cause);
  }
}
