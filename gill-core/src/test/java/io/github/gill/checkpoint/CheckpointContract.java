package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.testing.Mutation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every format of checkpoint does, whatever its bytes look like. */
abstract class CheckpointContract {

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  /** Writes tensors in the format under test and returns the file or folder to open. */
  abstract Path write(Path folder, Map<String, Sample> samples) throws IOException;

  @Test
  void givesBackEveryTypeAndShape() throws IOException {
    long seed = 20261123;
    Map<String, Sample> samples = Sample.everyKind(seed);
    try (Checkpoint checkpoint = Checkpoints.open(write(folder, samples))) {
      assertEquals(samples.keySet(), checkpoint.tensors().keySet(), "seed " + seed);
      samples.forEach(
          (name, sample) -> {
            assertEquals(sample.info(), checkpoint.tensors().get(name), name);
            assertArrayEquals(sample.content(), content(checkpoint, name), name);
          });
    }
  }

  @Test
  void bytesAreDirectLittleEndianReadOnlyAndIndependent() throws IOException {
    try (Checkpoint checkpoint =
        Checkpoints.open(write(folder, Map.of("x", Sample.floats(1, 2))))) {
      ByteBuffer bytes = checkpoint.bytes("x");
      assertTrue(bytes.isDirect());
      assertTrue(bytes.isReadOnly());
      assertEquals(ByteOrder.LITTLE_ENDIAN, bytes.order());
      assertEquals(0, bytes.position());
      assertEquals(8, bytes.limit());
      assertEquals(1f, bytes.getFloat());
      assertEquals(0, checkpoint.bytes("x").position());
    }
  }

  @Test
  void namesTheTensorThatIsNotThere() throws IOException {
    try (Checkpoint checkpoint = Checkpoints.open(write(folder, Map.of("x", Sample.floats(1))))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> checkpoint.bytes("y")).getMessage();
      assertEquals(checkpoint.source() + " has no tensor \"y\"", message);
    }
  }

  @Test
  void closesTwiceAndRefusesLaterReading() throws IOException {
    Checkpoint checkpoint = Checkpoints.open(write(folder, Map.of("x", Sample.floats(1))));
    checkpoint.close();
    checkpoint.close();
    assertThrows(IllegalStateException.class, () -> checkpoint.bytes("x"));
  }

  @Test
  void tensorsAreImmutable() throws IOException {
    try (Checkpoint checkpoint = Checkpoints.open(write(folder, Map.of("x", Sample.floats(1))))) {
      assertThrows(UnsupportedOperationException.class, () -> checkpoint.tensors().clear());
    }
  }

  @Test
  void isReadByManyThreadsAtOnce() throws Exception {
    Map<String, Sample> samples = Sample.everyKind(5);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Checkpoint checkpoint = Checkpoints.open(write(folder, samples))) {
      List<Callable<Void>> readers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        readers.add(
            () -> {
              samples.forEach(
                  (name, sample) ->
                      assertArrayEquals(sample.content(), content(checkpoint, name), name));
              return null;
            });
      }
      for (Future<Void> reader : threads.invokeAll(readers)) {
        reader.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void refusesAFileCutAtAnyByte() throws IOException {
    Path path = write(folder, Map.of("x", Sample.floats(1, 2, 3), "y", Sample.floats(4)));
    for (Path file : filesOf(path)) {
      byte[] whole = Files.readAllBytes(file);
      for (int length = 0; length < whole.length; length++) {
        Files.write(file, java.util.Arrays.copyOf(whole, length));
        assertThrows(
            ModelFileException.class, () -> openAndReadAll(path), file + " cut at " + length);
      }
      Files.write(file, whole);
    }
    openAndReadAll(path);
  }

  @Test
  void namesAFileThatShrinksWhileItIsOpen() throws IOException {
    Path path = write(folder, Map.of("x", Sample.floats(1, 2, 3)));
    List<Path> files = filesOf(path);
    Path file = files.get(files.size() - 1);
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      Files.write(file, new byte[0]);
      String message = Refused.message(() -> checkpoint.bytes("x"));
      assertTrue(message.contains("while it was open"), message);
    }
  }

  /** Thousands of damaged files: either they open or the error is ours, quickly. */
  @Test
  void refusesDamagedFilesOnlyWithItsOwnException() throws IOException {
    Path path = write(folder, Sample.everyKind(7));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Path> files = filesOf(path);
    for (Path file : files) {
      byte[] whole = Files.readAllBytes(file);
      for (int round = 0; round < 1500 / files.size(); round++) {
        byte[] damaged = Mutation.of(whole, random);
        Path copy = file.resolveSibling(file.getFileName() + ".tmp");
        Files.write(copy, damaged);
        Files.move(copy, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try {
          openAndReadAll(path);
        } catch (ModelFileException e) {
          assertTrue(String.valueOf(e.getMessage()).length() > 20, e.getMessage());
        } catch (Throwable e) {
          throw new AssertionError("seed " + seed + ", round " + round + " of " + file, e);
        }
      }
      Files.write(file, whole);
    }
  }

  private static void openAndReadAll(Path path) {
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      checkpoint.tensors().keySet().forEach(name -> content(checkpoint, name));
    }
  }

  private static List<Path> filesOf(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (var files = Files.list(path)) {
      return files.sorted().toList();
    }
  }

  static byte[] content(Checkpoint checkpoint, String name) {
    ByteBuffer bytes = checkpoint.bytes(name);
    byte[] content = new byte[bytes.remaining()];
    bytes.get(content);
    return content;
  }
}
