package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.testing.Mutation;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CandidatePickleTest {

  private static final Path RESOURCES = Path.of("src/test/resources");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  /** Keeps everything, in order. */
  private static final class Collected implements CandidateConsumer {
    final List<String> paths = new ArrayList<>();
    final List<float[]> vectors = new ArrayList<>();

    @Override
    public void path(int index, String path) {
      assertEquals(paths.size(), index);
      paths.add(path);
    }

    @Override
    public void vector(int index, float[] vector) {
      assertEquals(vectors.size(), index);
      vectors.add(vector.clone());
    }
  }

  static final CandidateConsumer NOTHING =
      new CandidateConsumer() {
        @Override
        public void path(int index, String path) {}

        @Override
        public void vector(int index, float[] vector) {}
      };

  /** NumPy and PyTorch wrote these with every protocol, {@code numpy1} under NumPy 1's names. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "numpy-p2",
        "numpy-p3",
        "numpy-p4",
        "numpy-p5",
        "numpy1-p3",
        "numpy-f2",
        "numpy-f8-reversed",
        "numpy-matrix",
        "numpy-matrix-p5",
        "numpy-views",
        "torch-p2",
        "torch-p4",
        "torch-bf16",
        "torch-matrix",
        "torch-rows"
      })
  void readsWhatPythonWrote(String name) throws IOException {
    Collected found = new Collected();
    CandidatePickle.Contents contents = CandidatePickle.read(unpacked(name), found);
    assertEquals(new CandidatePickle.Contents(2050, 4), contents);
    for (int i = 0; i < 2050; i++) {
      assertEquals("images/" + i + ".png", found.paths.get(i));
      float[] expected = {Math.min(i, 2000), Math.min(i, 1000) + 0.5f, -(i % 2000), 1};
      if (name.equals("torch-bf16")) {
        // Eight bits of mantissa; the nearest are checked, ties aside.
        assertArrayEquals(expected, found.vectors.get(i), 4f);
      } else {
        assertArrayEquals(expected, found.vectors.get(i), 0f);
      }
    }
  }

  @Test
  void readsTheFixturesCandidates() {
    Collected found = new Collected();
    CandidatePickle.Contents contents =
        CandidatePickle.read(RESOURCES.resolve("micro/cc3m_embeddings_urls.npy"), found);
    assertEquals(new CandidatePickle.Contents(500, 64), contents);
    assertEquals("images/000.png", found.paths.get(0));
  }

  @Test
  void saysWhatIsNotACandidatesFile() throws IOException {
    refuses(
        "\u0093NUMPY\1\0".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), "plain NumPy");
    refuses(new byte[] {'P', 'K', 3, 4}, "zip archive");
    refuses(new byte[0], "cut off");
    refuses(Pickler.protocol(4).op(']').stop(), "no dictionary with \"paths\" and \"embeddings\"");
    refuses(
        Pickler.protocol(4)
            .ops("}(")
            .text("paths")
            .ops("](")
            .text("a")
            .ops("e")
            .text("embeddings")
            .ops("]u")
            .stop(),
        "has 1 paths and 0 embeddings");
    refuses(
        Pickler.protocol(4).ops("}(").text("paths").ops("](K\1eu").stop(),
        "path 0 is a whole number");
    refuses(
        Pickler.protocol(4).ops("}(").text("embeddings").ops("](").text("x").ops("eu").stop(),
        "embedding 0 is text, expected an array of numbers");
    refuses(Pickler.protocol(4).global("os", "system").stop(), "\"os.system\" is refused");
    refuses(Pickler.protocol(4).global("numpy", "load").stop(), "\"numpy.load\" is refused");
    Refused.message(() -> CandidatePickle.read(folder.resolve("none"), NOTHING));
  }

  @Test
  void refusesArraysThatLie() throws IOException {
    refuses(vectors("f4", "<", List.of(3L), 8), "has 8 bytes");
    refuses(vectors("i4", "<", List.of(2L), 8), "has the type \"i4\"");
    refuses(vectors("O8", "<", List.of(1L), 8), "has the type \"O8\"");
    refuses(vectors("f4", ">", List.of(2L), 8), "big-endian");
    refuses(vectors("f4", "<", List.of(1L << 50), 8), "a shape other than");
    refuses(vectors("f4", "<", List.of(-1L), 8), "a shape other than");
    refuses(vectors("f4", "<", List.of(1L, 1L, 2L), 8), "a shape other than");
    refuses(vectors("f4", "<", List.of(1L, 2L), 8), "embedding 0 has shape [1, 2]");
    refuses(vectors("f4", "<", List.of(0L), 0), "the first embedding has 0 numbers");
  }

  @Test
  void refusesToRepeatOneArrayForEver() throws IOException {
    Pickler pickle = Pickler.protocol(4).ops("}(").text("embeddings").ops("](");
    array(pickle, "f4", "<", List.of(64L), 256).ops("q\7").ops("h\7".repeat(1000));
    refuses(pickle.ops("eu").stop(), "save each but once");
  }

  @Test
  void refusesVectorsOfDifferentLengths() throws IOException {
    Pickler pickle = Pickler.protocol(4).ops("}(").text("embeddings").ops("](");
    array(pickle, "f4", "<", List.of(2L), 8);
    array(pickle, "f4", "<", List.of(3L), 12);
    refuses(pickle.ops("eu").stop(), "embedding 1 has 3 numbers, those before it 2");
  }

  @Test
  void refusesDamagedFilesOnlyWithItsOwnException() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (String name : List.of("numpy-p4", "numpy-matrix-p5", "torch-p4", "numpy-p2")) {
      byte[] whole = Arrays.copyOf(Files.readAllBytes(unpacked(name)), 40_000);
      for (int round = 0; round < 400; round++) {
        Path file = Files.write(folder.resolve("damaged"), Mutation.of(whole, random));
        try {
          CandidatePickle.read(file, NOTHING);
        } catch (ModelFileException e) {
          assertTrue(String.valueOf(e.getMessage()).startsWith("damaged"), e.getMessage());
        } catch (Throwable e) {
          throw new AssertionError("seed " + seed + ", round " + round + " of " + name, e);
        }
      }
    }
  }

  /** 200,000 candidates of 256 numbers, 220 MB, in a JVM with 24 MB of heap. */
  @Test
  void readsALargeFileInLittleHeap() throws Exception {
    Path file = folder.resolve("large");
    writeLarge(file, 200_000, 256);
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx24m",
                "-cp",
                System.getProperty("java.class.path"),
                CandidatePickleTest.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), output);
    assertTrue(output.contains("Contents[candidates=200000, size=256]"), output);
  }

  /** Reads a file and tells what it took; the forked JVM of the test above begins here. */
  public static void main(String[] args) {
    long start = System.nanoTime();
    CandidatePickle.Contents contents = CandidatePickle.read(Path.of(args[0]), NOTHING);
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "%s in %.1f s, heap %d MB of %d MB%n",
        contents,
        (System.nanoTime() - start) / 1e9,
        (runtime.totalMemory() - runtime.freeMemory()) >> 20,
        runtime.maxMemory() >> 20);
  }

  private static void writeLarge(Path file, int candidates, int size) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      Pickler start = Pickler.protocol(4).ops("}").op(0x94).ops("(").text("paths").ops("]");
      out.write(part(start.op(0x94)));
      for (int i = 0; i < candidates; i += 1000) {
        Pickler batch = new Pickler().op('(');
        for (int j = i; j < i + 1000; j++) {
          batch.text("https://example.org/pictures/" + j + ".jpg").op(0x94);
        }
        out.write(part(batch.op('e')));
      }
      out.write(part(new Pickler().text("embeddings").op(']', 0x94)));
      byte[] first = part(array(new Pickler(), "f4", "<", List.of((long) size), 4 * size).op(0x94));
      for (int i = 0; i < candidates; i += 1000) {
        out.write('(');
        for (int j = 0; j < 1000; j++) {
          out.write(first);
        }
        out.write('e');
      }
      out.write('u');
      out.write('.');
    }
  }

  private static byte[] part(Pickler pickle) {
    byte[] stopped = pickle.stop();
    return Arrays.copyOf(stopped, stopped.length - 1);
  }

  private static byte[] vectors(String type, String order, List<Long> shape, int bytes) {
    Pickler pickle = Pickler.protocol(4).ops("}(").text("embeddings").ops("](");
    return array(pickle, type, order, shape, bytes).ops("eu").stop();
  }

  /** Writes an array as numpy does. */
  static Pickler array(Pickler pickle, String type, String order, List<Long> shape, int bytes) {
    return pickle
        .global("numpy._core.multiarray", "_reconstruct")
        .op('(')
        .global("numpy", "ndarray")
        .ops("K\0")
        .op(0x85)
        .ops("C\1btR(K\1")
        .integers(shape)
        .global("numpy", "dtype")
        .op('(')
        .text(type)
        .op(0x89, 0x88)
        .ops("tR(K\3")
        .text(order)
        .ops("NNN")
        .integer(-1)
        .integer(-1)
        .ops("K\0tb")
        .op(0x89)
        .op('B')
        .u32(bytes)
        .raw(new byte[bytes])
        .ops("tb");
  }

  private Path unpacked(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in =
        new GZIPInputStream(
            Files.newInputStream(
                RESOURCES.resolve("checkpoint/candidates").resolve(name + ".pickle.gz")))) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private void refuses(byte[] pickle, String expected) throws IOException {
    Path file = Files.write(folder.resolve("cc3m.npy"), pickle);
    String message = Refused.message(() -> CandidatePickle.read(file, NOTHING));
    assertTrue(message.startsWith("cc3m.npy"), message);
    assertTrue(message.contains(expected), message);
  }
}
