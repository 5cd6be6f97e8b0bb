package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An index whose searches read 8 bits of each number finds the same. */
class Int8IndexTest extends CandidateIndexContract {

  @Override
  CandidateIndex open(Path folder, float[][] keys, RetrievalHeads heads) {
    IndexFileTest.write(folder, keys, heads, KeyStorage.INT8);
    return CandidateIndex.open(folder, heads).orElseThrow();
  }

  @Test
  void findsWhatTheHalvesFind() throws Exception {
    Random random = new Random(4);
    RetrievalHeads heads = Micro.heads(256, 14);
    float[][] keys = keys(random, 5000, 256);
    Path halves = Files.createDirectory(folder.resolve("halves"));
    Path bytes = Files.createDirectory(folder.resolve("bytes"));
    IndexFileTest.write(halves, keys, heads, KeyStorage.FP16);
    try (CandidateIndex small = open(bytes, keys, heads);
        CandidateIndex large = CandidateIndex.open(halves, heads).orElseThrow()) {
      for (int trial = 0; trial < 20; trial++) {
        float[] query = unit(random, 256);
        assertEquals(large.topK(query, 10, Set.of()), small.topK(query, 10, Set.of()));
      }
    }
  }

  @Test
  void keepsOneByteForEachNumberThatASearchReads() {
    IndexFileTest.write(folder, keys(new Random(1), 50, 33), Micro.heads(33, 1), KeyStorage.INT8);
    try (Checkpoint file = Checkpoints.open(CandidateFolder.index(folder))) {
      assertEquals(
          new TensorInfo(TensorType.I8, List.of(50L, 64L)), file.tensors().get("coarse.0"));
      assertEquals(new TensorInfo(TensorType.F32, List.of(50L)), file.tensors().get("steps.0"));
      long paths = 50 * 8 + file.tensors().get("paths").bytes();
      assertEquals(50 * 64 + 50 * 4 + paths, CandidateFolder.bytes(CandidateFolder.index(folder)));
    }
  }

  @Test
  void namesWhatIsWrongWithAFile() throws Exception {
    refuses("rounding is \"\"", file(1, 32));
    refuses("rounding is \"1.5\"", file(1, 32).metadata("rounding", "1.5"));
    refuses("rounding is \"-\"", file(1, 32).metadata("rounding", "-"));
    refuses("keys.0 is [1, 2], but coarse.0 is [1, 2]", file(1, 2).metadata("rounding", "0"));
    refuses("keys.0 is [1, 2], but steps.0 is [2]", file(2, 32).metadata("rounding", "0"));
  }

  private static SafetensorsWriter file(int steps, long width) {
    return new SafetensorsWriter()
        .metadata("format", IndexFile.FORMAT)
        .metadata("lost", "0")
        .metadata("model", Micro.heads(2, 1).fingerprint())
        .floats("keys.0", new float[2], 1, 2)
        .floats("steps.0", new float[steps], steps)
        .longs("path_ends", new long[1], 1)
        .tensor("paths", new TensorInfo(TensorType.U8, List.of(0L)), () -> ByteBuffer.allocate(0))
        .tensor(
            "coarse.0",
            new TensorInfo(TensorType.I8, List.of(1L, width)),
            () -> ByteBuffer.allocate((int) width));
  }

  private void refuses(String message, SafetensorsWriter writer) throws IOException {
    Path place = Files.createDirectories(folder.resolve("retrieval"));
    writer.write(place.resolve("index.safetensors"));
    ModelFileException refusal =
        assertThrows(
            ModelFileException.class, () -> CandidateIndex.open(folder, Micro.heads(2, 1)));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
