package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest extends CheckpointContract {

  @Override
  Path write(Path folder, Map<String, Sample> samples) {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
    samples.forEach((n, s) -> writer.tensor(n, s.info(), () -> ByteBuffer.wrap(s.content())));
    return writer.write(folder.resolve("model.safetensors"));
  }

  @Test
  void givesBackItsMetadata() {
    try (Checkpoint checkpoint = Checkpoints.open(write(folder, Map.of("x", Sample.floats(1))))) {
      assertEquals(Map.of("format", "pt"), checkpoint.metadata());
    }
  }

  @Test
  void readsTensorsAtOddOffsets() throws IOException {
    Path file =
        raw(
            "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[1,5]}}",
            new byte[] {7, 0, 0, (byte) 0x80, 0x3f});
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertEquals(1f, checkpoint.bytes("b").getFloat());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | its range has 4",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | cut off",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | lies at bytes 4 to 0",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}} | data_offsets has -4",
        "{\"a\":{\"dtype\":\"Q5\",\"shape\":[4],\"data_offsets\":[0,4]}} | has type \"Q5\"",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | shape has -1",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | not the JSON",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}} | list of numbers",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}} | impossible shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}} | lacks dtype",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}} | repeated \"x\"",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}} | end at byte",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]}} | after a hole",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | inside the tensor",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | there twice",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}x | follows",
        "{'a':{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | not the JSON",
        "{\"a\":[] } | not the JSON",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} // | follows",
        "{\"__metadata__\":{\"k\":1}} | not text",
        "[] | does not begin with",
      })
  void refusesALyingHeader(String header, String expected) throws IOException {
    Path file = raw(header, new byte[4]);
    String message = Refused.message(() -> SafetensorsCheckpoint.open(file));
    assertTrue(message.startsWith("raw.safetensors: "), message);
    boolean strict = expected.equals("follows") && message.contains("not the JSON");
    assertTrue(strict || message.contains(expected), message);
  }

  @Test
  void refusesAHeaderLongerThanTheFileOrTheFormatAllows() throws IOException {
    for (long length : new long[] {-1, 0, 1, 60, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE}) {
      ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(length).put((byte) '{');
      Path file = Files.write(folder.resolve("long.safetensors"), bytes.array());
      String message = Refused.message(() -> Checkpoints.open(file));
      assertTrue(message.contains("the header claims " + length + " bytes"), message);
    }
  }

  @Test
  void refusesDeepNesting() throws IOException {
    Path file = raw("{\"a\":" + "[".repeat(100_000), new byte[0]);
    assertThrows(ModelFileException.class, () -> Checkpoints.open(file));
  }

  @Test
  void readsFilesAndTensorsBeyondTwoGigabytes() throws IOException {
    // Sparse on the disk: only the numbers at the ends are there.
    long big = Integer.MAX_VALUE + 9L;
    long second = (1L << 30) + 5;
    String header =
        ("{\"big\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                + "\"second\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]},"
                + "\"last\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}")
            .formatted(big, big, second, big, big + second, big + second, big + second + 4);
    Path file = raw(header, new byte[0]);
    long data = Files.size(file);
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {42}), data + big + second - 1);
      channel.write(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 2.5f),
          data + big + second);
    }
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertEquals(2.5f, checkpoint.bytes("last").getFloat());
      ByteBuffer bytes = checkpoint.bytes("second");
      assertEquals(second, bytes.limit());
      assertEquals(42, bytes.get(bytes.limit() - 1));
      String message = Refused.message(() -> checkpoint.bytes("big"));
      assertTrue(message.contains("one tensor may have 2147483647"), message);
    }
  }

  private Path raw(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).put(data);
    return Files.write(folder.resolve("raw.safetensors"), bytes.array());
  }

  @Test
  void everyKnownTypeHasItsName() {
    assertEquals(
        "[F64, F32, F16, BF16, I64, I32, I8, U8, BOOL]", List.of(TensorType.values()).toString());
  }
}
