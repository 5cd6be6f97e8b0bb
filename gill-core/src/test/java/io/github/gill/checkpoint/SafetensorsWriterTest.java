package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void copiesACheckpointUnderOtherNames() throws IOException {
    Path from = Files.write(folder.resolve("a.bin"), TorchArchive.zip(Sample.everyKind(3)));
    Path to = folder.resolve("b.safetensors");
    try (Checkpoint source = Checkpoints.open(from)) {
      assertEquals(to, new SafetensorsWriter().all(source, n -> "x." + n).write(to));
      try (Checkpoint copy = Checkpoints.open(to)) {
        assertEquals(source.tensors().size(), copy.tensors().size());
        source
            .tensors()
            .forEach(
                (name, info) -> {
                  assertEquals(info, copy.tensors().get("x." + name));
                  assertArrayEquals(
                      CheckpointContract.content(source, name),
                      CheckpointContract.content(copy, "x." + name));
                });
      }
    }
  }

  @Test
  void alignsEveryTensorToItsElement() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter();
    Sample.everyKind(9)
        .forEach((n, s) -> writer.tensor(n, s.info(), () -> ByteBuffer.wrap(s.content())));
    writer.write(file);
    try (MappedFile mapped = MappedFile.open(file)) {
      SafetensorsHeader.read(mapped)
          .entries()
          .forEach((n, e) -> assertEquals(0, e.begin() % e.info().type().bytes(), n));
    }
  }

  @Test
  void shardsAtTheSizeAskedFor() {
    SafetensorsWriter writer = new SafetensorsWriter().shardBytes(12);
    for (String name : List.of("a", "b", "c", "d")) {
      writer.floats(name, new float[] {1, 2}, 2);
    }
    writer.floats("e", new float[8], 8);
    Path index = writer.write(folder.resolve("m.safetensors"));
    assertEquals("m.safetensors.index.json", index.getFileName().toString());
    try (Checkpoint checkpoint = Checkpoints.open(folder, "m")) {
      assertEquals("[a, b, c, d, e]", checkpoint.tensors().keySet().toString());
    }
    assertTrue(Files.exists(folder.resolve("m-00005-of-00005.safetensors")));
    assertEquals(6, names().size());
  }

  @Test
  void namesShardsAlikeInEveryLocale() {
    Locale before = Locale.getDefault(Locale.Category.FORMAT);
    Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      new SafetensorsWriter()
          .shardBytes(4)
          .floats("a", new float[1], 1)
          .floats("b", new float[1], 1)
          .write(folder.resolve("m.safetensors"));
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, before);
    }
    assertTrue(Files.exists(folder.resolve("m-00002-of-00002.safetensors")));
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("a.safetensors");
    new SafetensorsWriter().floats("x", new float[] {1}, 1).write(file);
    byte[] before = Files.readAllBytes(file);
    SafetensorsWriter failing =
        new SafetensorsWriter()
            .floats("x", new float[] {2}, 1)
            .tensor(
                "y",
                new TensorInfo(TensorType.F32, List.of(1L)),
                () -> {
                  throw new ModelFileException("the source is gone");
                });
    assertEquals("the source is gone", Refused.message(() -> failing.write(file)));
    assertArrayEquals(before, Files.readAllBytes(file));
    assertEquals(List.of("a.safetensors"), names());
    failing.shardBytes(4);
    Refused.message(() -> failing.write(file));
    assertEquals(List.of("a.safetensors"), names());
  }

  @Test
  void namesAFolderThatIsNotThere() {
    Path file = folder.resolve("none").resolve("a.safetensors");
    assertTrue(
        Refused.message(() -> new SafetensorsWriter().floats("x", new float[1], 1).write(file))
            .contains("cannot be written"));
  }

  @Test
  void refusesWhatDoesNotFit() {
    SafetensorsWriter writer = new SafetensorsWriter().floats("x", new float[2], 2);
    assertThrows(IllegalArgumentException.class, () -> writer.floats("x", new float[2], 2));
    assertThrows(IllegalArgumentException.class, () -> writer.floats("y", new float[2], 3));
    assertThrows(
        IllegalArgumentException.class, () -> writer.longs("__metadata__", new long[0], 0));
    assertThrows(IllegalArgumentException.class, () -> writer.shardBytes(0));
    writer.tensor(
        "short", new TensorInfo(TensorType.U8, List.of(2L)), () -> ByteBuffer.allocate(1));
    assertThrows(
        IllegalStateException.class, () -> writer.write(folder.resolve("short.safetensors")));
    assertEquals(List.of(), names());
  }

  @Test
  void writesTheSameBytesEachTime() throws IOException {
    Map<String, Sample> samples = Sample.everyKind(4);
    byte[][] written = new byte[2][];
    for (int i = 0; i < 2; i++) {
      SafetensorsWriter writer = new SafetensorsWriter().metadata("b", "1").metadata("a", "2");
      samples.forEach((n, s) -> writer.tensor(n, s.info(), () -> ByteBuffer.wrap(s.content())));
      written[i] = Files.readAllBytes(writer.write(folder.resolve("a.safetensors")));
    }
    assertArrayEquals(written[0], written[1]);
  }

  private List<String> names() {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
