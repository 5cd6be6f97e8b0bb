package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.GillException;
import io.github.gill.ModelFileException;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IndexFileTest extends CandidateIndexContract {

  @Override
  CandidateIndex open(Path folder, float[][] keys, RetrievalHeads heads) {
    write(folder, keys, heads);
    return CandidateIndex.open(folder, heads).orElseThrow();
  }

  private static void write(Path folder, float[][] keys, RetrievalHeads heads) {
    write(folder, keys, heads, KeyStorage.FP16);
  }

  static void write(Path folder, float[][] keys, RetrievalHeads heads, KeyStorage storage) {
    int batch = 1 + new Random(keys.length).nextInt(700);
    try (CandidateIndexWriter writer =
        CandidateIndexWriter.resume(folder, heads, storage, "test", batch)) {
      for (int i = 0; i < keys.length; i++) {
        writer.add(path(i), keys[i], i + 1L);
      }
      assertEquals(keys.length, writer.finish());
    }
    assertTrue(Files.notExists(folder.resolve("retrieval/.building")));
  }

  @Test
  void refusesAnotherModelsIndex() {
    write(folder, new float[][] {{1, 0}}, Micro.heads(2, 1));
    LinearLayer other = new LinearLayer(new float[] {1, 2, 3, 4}, new float[2]);
    RetrievalException refusal =
        assertThrows(
            RetrievalException.class,
            () -> CandidateIndex.open(folder, new RetrievalHeads(other, other, 1)));
    assertTrue(
        refusal.getMessage().contains("build the index anew for this model"), refusal.getMessage());
  }

  @Test
  void namesWhatIsWrongWithAFile() throws Exception {
    refuses(
        "has the format \"null\"", new SafetensorsWriter().floats("keys.0", new float[2], 1, 2));
    refuses("has no coarse.0", with().floats("keys.0", new float[2], 1, 2));
    refuses(
        "keys.0 is [1, 3], expected rows of 2",
        halves(with().floats("keys.0", new float[3], 1, 3), 1, 3));
    refuses(
        "keys.0 is [2, 2], but coarse.0 is [1, 2]",
        halves(with().floats("keys.0", new float[4], 2, 2), 1, 2));
    refuses(
        "path_ends is [2], expected one number for each of 1",
        text(halves(with().floats("keys.0", new float[2], 1, 2), 1, 2), 3)
            .longs("path_ends", new long[2], 2));
    refuses(
        "lost is \"2\", expected a number up to 1",
        text(halves(with().metadata("lost", "2").floats("keys.0", new float[2], 1, 2), 1, 2), 3)
            .longs("path_ends", new long[1], 1));
    refuses(
        "has path_ends of type F32",
        text(halves(with().floats("keys.0", new float[2], 1, 2), 1, 2), 3)
            .floats("path_ends", new float[1], 1));
  }

  @Test
  void survivesLyingPaths() throws Exception {
    for (long end : new long[] {-1, 4, Long.MAX_VALUE, Long.MIN_VALUE}) {
      text(halves(with().floats("keys.0", new float[] {1, 0}, 1, 2), 1, 2), 3)
          .longs("path_ends", new long[] {end}, 1)
          .write(file());
      try (CandidateIndex index = CandidateIndex.open(folder, Micro.heads(2, 1)).orElseThrow()) {
        ModelFileException lie = assertThrows(ModelFileException.class, () -> index.path(0));
        assertTrue(lie.getMessage().contains("build the index anew"), lie.getMessage());
        assertThrows(ModelFileException.class, () -> index.topK(new float[] {1, 0}, 1, Set.of()));
      }
    }
  }

  @Test
  void opensOrRefusesDamagedFilesCleanly() throws Exception {
    long seed = System.nanoTime();
    System.err.println("seed " + seed);
    Random random = new Random(seed);
    write(folder, keys(random, 40, 3), Micro.heads(3, 1));
    byte[] whole = Files.readAllBytes(file());
    int opened = 0;
    for (int trial = 0; trial < 200; trial++) {
      byte[] damaged = whole.clone();
      int length = random.nextInt(4) == 0 ? random.nextInt(whole.length) : whole.length;
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        damaged[random.nextInt(whole.length)] = (byte) random.nextInt();
      }
      Path place = Files.createDirectories(folder.resolve("t" + trial + "/retrieval"));
      Files.write(place.resolve("index.safetensors"), Arrays.copyOf(damaged, length));
      try (CandidateIndex index =
          CandidateIndex.open(place.getParent(), Micro.heads(3, 1)).orElseThrow()) {
        index.topK(unit(random, 3), 5, Set.of(0));
        opened++;
      } catch (GillException expected) {
        assertTrue(expected.getMessage().length() > 10, "seed " + seed);
      }
    }
    assertTrue(opened > 0 && opened < 200, "seed " + seed + ": " + opened);
  }

  /** What two files hold in a chunk each is found alike in one file of two chunks. */
  @Test
  void searchesAllChunks() throws Exception {
    Random random = new Random(8);
    float[][] keys = keys(random, 900, 5);
    RetrievalHeads heads = Micro.heads(5, 3);
    SafetensorsWriter both = new SafetensorsWriter().metadata("format", IndexFile.FORMAT);
    long[] ends = new long[keys.length];
    java.io.ByteArrayOutputStream text = new java.io.ByteArrayOutputStream();
    int lost = 0;
    for (int half = 0; half < 2; half++) {
      Path place = Files.createDirectory(folder.resolve("half" + half));
      write(place, Arrays.copyOfRange(keys, half * 300, half == 0 ? 300 : 900), heads);
      try (Checkpoint file = Checkpoints.open(CandidateFolder.index(place))) {
        lost += Integer.parseInt(file.metadata().get("lost"));
        for (String name : List.of("keys.", "coarse.")) {
          byte[] bytes = new byte[file.bytes(name + 0).remaining()];
          file.bytes(name + 0).get(bytes);
          TensorInfo info = file.tensors().get(name + 0);
          both.tensor(name + half, info, () -> ByteBuffer.wrap(bytes));
        }
      }
    }
    for (int i = 0; i < keys.length; i++) {
      text.writeBytes(path(i).getBytes(java.nio.charset.StandardCharsets.UTF_8));
      ends[i] = text.size();
    }
    text(both, text.toByteArray())
        .metadata("model", heads.fingerprint())
        .metadata("lost", Integer.toString(lost))
        .longs("path_ends", ends, ends.length)
        .write(file());
    Path whole = Files.createDirectory(folder.resolve("whole"));
    try (CandidateIndex one = open(whole, keys, heads);
        CandidateIndex two = CandidateIndex.open(folder, heads).orElseThrow()) {
      for (int trial = 0; trial < 10; trial++) {
        float[] query = unit(random, 5);
        int k = 1 + random.nextInt(950);
        assertEquals(one.topK(query, k, Set.of(trial)), two.topK(query, k, Set.of(trial)));
      }
    }
  }

  private static SafetensorsWriter text(SafetensorsWriter writer, byte[] utf8) {
    TensorInfo info = new TensorInfo(TensorType.U8, List.of((long) utf8.length));
    return writer.tensor("paths", info, () -> ByteBuffer.wrap(utf8));
  }

  @Test
  void prefersTheIndexToPickles() throws Exception {
    write(folder, new float[][] {{1, 0}}, Micro.heads(2, 1));
    Files.writeString(folder.resolve("cc3m.npy"), "not read");
    try (CandidateIndex index = CandidateIndex.open(folder, Micro.heads(2, 1)).orElseThrow()) {
      assertEquals(1, index.size());
    }
  }

  private static SafetensorsWriter with() {
    return new SafetensorsWriter()
        .metadata("format", IndexFile.FORMAT)
        .metadata("lost", "0")
        .metadata("model", Micro.heads(2, 1).fingerprint());
  }

  private static SafetensorsWriter halves(SafetensorsWriter writer, long rows, long columns) {
    return writer.tensor(
        "coarse.0",
        new TensorInfo(TensorType.F16, List.of(rows, columns)),
        () -> ByteBuffer.allocate((int) (2 * rows * columns)));
  }

  private static SafetensorsWriter text(SafetensorsWriter writer, int bytes) {
    return writer.tensor(
        "paths",
        new TensorInfo(TensorType.U8, List.of((long) bytes)),
        () -> ByteBuffer.allocate(bytes));
  }

  private void refuses(String message, SafetensorsWriter writer) throws IOException {
    writer.write(file());
    ModelFileException refusal =
        assertThrows(
            ModelFileException.class, () -> CandidateIndex.open(folder, Micro.heads(2, 1)));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  private Path file() throws IOException {
    return Files.createDirectories(folder.resolve("retrieval")).resolve("index.safetensors");
  }

  /** On a device the same candidates with the same scores. */
  @Test
  void findsOnADeviceWhatItFindsOnTheCpu() {
    assumeTrue(Torch.cudaDevices() > 0, "libtorch has no CUDA device here");
    Random random = new Random(6);
    float[][] keys = new float[5000][64];
    for (float[] key : keys) {
      for (int i = 0; i < key.length; i++) {
        key[i] = (float) random.nextGaussian();
      }
    }
    RetrievalHeads heads = Micro.heads(64, 14);
    float[] query = RetrievalHeads.normalised(keys[17]);
    Set<Integer> shown = Set.of(17, 3);
    try (CandidateIndex host = open(folder, keys, heads);
        CandidateIndex device =
            CandidateIndex.open(folder, heads, ComputeDevice.cuda(0)).orElseThrow()) {
      assertEquals(host.topK(query, 20, shown), device.topK(query, 20, shown));
    }
  }
}
