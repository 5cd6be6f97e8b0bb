package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.RetrievalException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PickledCandidatesTest extends CandidateIndexContract {

  @Override
  CandidateIndex open(Path folder, float[][] keys, RetrievalHeads heads) throws Exception {
    int half = keys.length / 2;
    if (half > 0) {
      Files.write(folder.resolve("cc3m_1.npy"), pickle(keys, 0, half));
    }
    Files.write(folder.resolve("cc3m_2.npy"), pickle(keys, half, keys.length));
    return CandidateIndex.open(folder, heads).orElseThrow();
  }

  /** {@code pickle.dumps({"paths": […], "embeddings": array}, protocol=3)}. */
  private static byte[] pickle(float[][] keys, int from, int to) {
    int size = keys[0].length;
    ByteBuffer data =
        ByteBuffer.allocate((to - from) * size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out, "\u0080\u0003}(");
    text(out, "paths");
    write(out, "](");
    for (int i = from; i < to; i++) {
      text(out, path(i));
      for (float x : keys[i]) {
        data.putFloat(x);
      }
    }
    write(out, "e");
    text(out, "embeddings");
    write(
        out, "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\u0000\u0085C\u0001b\u0087R");
    write(out, "(K\u0001J");
    number(out, to - from);
    write(out, "J");
    number(out, size);
    write(out, "\u0086cnumpy\ndtype\n");
    text(out, "f4");
    write(out, "\u0089\u0088\u0087R(K\u0003");
    text(out, "<");
    write(out, "NNNJ");
    number(out, -1);
    write(out, "J");
    number(out, -1);
    write(out, "K\u0000tb\u0089B");
    number(out, data.capacity());
    out.writeBytes(data.array());
    write(out, "tbu.");
    return out.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    write(out, "X");
    number(out, utf8.length);
    out.writeBytes(utf8);
  }

  private static void number(ByteArrayOutputStream out, int number) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
  }

  private static void write(ByteArrayOutputStream out, String bytes) {
    out.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void refusesKeysOfAnotherSize() throws Exception {
    Files.write(folder.resolve("cc3m.npy"), pickle(new float[][] {{1, 2, 3}}, 0, 1));
    RetrievalException misfit =
        assertThrows(
            RetrievalException.class, () -> CandidateIndex.open(folder, Micro.heads(2, 1)));
    assertEquals(
        "the candidates' keys have 3 numbers, model_args.json asks for ret_emb_dim 2; use the"
            + " candidates that belong to the checkpoint",
        misfit.getMessage());
  }

  @Test
  void refusesADamagedFile() throws Exception {
    byte[] whole = pickle(new float[][] {{1, 2}, {3, 4}}, 0, 2);
    Files.write(folder.resolve("cc3m.npy"), java.util.Arrays.copyOf(whole, whole.length - 5));
    ModelFileException damaged =
        assertThrows(
            ModelFileException.class, () -> CandidateIndex.open(folder, Micro.heads(2, 1)));
    assertTrue(damaged.getMessage().contains("cc3m.npy"), damaged.getMessage());
  }

  @Test
  void findsNothingInAFolderWithoutCandidates() {
    assertTrue(CandidateIndex.open(folder, Micro.heads(2, 1)).isEmpty());
  }
}
