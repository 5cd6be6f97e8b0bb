package io.github.gill.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Scope;
import io.github.gill.spi.Matrix;
import io.github.gill.testing.Micro;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * OPT in the shapes that its configurations allow. Each folder holds a small random model that
 * transformers made, token ids, and the last hidden states and last logits that transformers
 * computes for them.
 */
class OptVariantsTest {

  private static final Path FOLDER = Path.of("src/test/resources/opt-variants");

  /** fp32 within 1e-4, fp16 within 1%, bf16 within 5%, relative. */
  @ParameterizedTest
  @CsvSource({
    "pre-norm, FP32, 1e-4",
    "post-norm-projected, FP32, 1e-4",
    "no-final-norm, FP32, 1e-4",
    "gelu-no-bias, FP32, 1e-4",
    "pre-norm, FP16, 1e-2",
    "pre-norm, BF16, 5e-2",
    "post-norm-projected, BF16, 5e-2",
  })
  void computesWhatTransformersDoes(String name, Precision precision, double tolerance) {
    Path folder = FOLDER.resolve(name);
    OptConfig config = OptConfig.of(ModelConfig.read(folder.resolve("config.json")));
    try (Checkpoint expected = Checkpoints.open(folder.resolve("expected.safetensors"));
        // Eight rows behind the file's vocabulary; nothing in the input uses them.
        LanguageModel model =
            LanguageModel.load(
                config,
                () -> Checkpoints.open(folder, "model"),
                new Matrix(8, config.embedding(), new float[8 * config.embedding()]),
                config.vocabulary() + 8,
                ComputeDevice.CPU,
                precision,
                Quantization.NONE);
        KeyValueCache cache = model.newCache();
        Scope scope = new Scope()) {
      LanguageModel.Step step = model.next(scope, cache, ids(expected));
      assertClose(
          FloatTensors.read(expected, "hidden"), step.hidden().toFloats(), "hidden", tolerance);
      float[] logits = Arrays.copyOf(step.logits().toFloats(), config.vocabulary());
      assertClose(FloatTensors.read(expected, "logits"), logits, "logits", tolerance);
    }
  }

  /** Of tied tables, a file may keep the head alone: the same logits to the last bit. */
  @Test
  void takesTheHeadForTheTableItIsTiedTo(@TempDir Path head) {
    Path folder = FOLDER.resolve("pre-norm");
    try (Checkpoint files = Checkpoints.open(folder, "model")) {
      new SafetensorsWriter()
          .all(files, name -> name.endsWith("embed_tokens.weight") ? "lm_head.weight" : name)
          .write(head.resolve("model.safetensors"));
    }
    assertArrayEquals(logits(folder, folder), logits(folder, head));
  }

  @Test
  void leavesOutTheVersionThatOldFilesCarry(@TempDir Path old) {
    Path folder = FOLDER.resolve("pre-norm");
    try (Checkpoint files = Checkpoints.open(folder, "model")) {
      new SafetensorsWriter()
          .all(files, name -> name)
          .floats("decoder.version", new float[] {3}, 1)
          .write(old.resolve("model.safetensors"));
    }
    assertArrayEquals(logits(folder, folder), logits(folder, old));
  }

  @Test
  void refusesAHeadOfItsOwn() throws IOException {
    String config = Files.readString(FOLDER.resolve("pre-norm/config.json"));
    String untied = config.replaceFirst("\\{", "{\"tie_word_embeddings\": false,");
    ModelFileException refused =
        assertThrows(
            ModelFileException.class, () -> OptConfig.of(ModelConfig.parse("config.json", untied)));
    assertTrue(String.valueOf(refused.getMessage()).contains("tie_word_embeddings"));
  }

  private static float[] logits(Path folder, Path weights) {
    OptConfig config = OptConfig.of(ModelConfig.read(folder.resolve("config.json")));
    try (LanguageModel model =
            LanguageModel.load(
                config,
                () -> Checkpoints.open(weights, "model"),
                new Matrix(1, config.embedding(), new float[config.embedding()]),
                config.vocabulary() + 1,
                ComputeDevice.CPU,
                Precision.FP32,
                Quantization.NONE);
        KeyValueCache cache = model.newCache();
        Scope scope = new Scope()) {
      return model.next(scope, cache, new long[] {2, 5, 9}).logits().toFloats();
    }
  }

  /** A vocabulary without spare rows: tokens nobody trained get the mean of the table. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void givesUntrainedTokensTheMeanEmbedding(int untrained) {
    Path folder = FOLDER.resolve("pre-norm");
    OptConfig config = OptConfig.of(ModelConfig.read(folder.resolve("config.json")));
    float[] rows = new float[2 * config.embedding()];
    Arrays.fill(rows, 7);
    try (Checkpoint files = Checkpoints.open(folder, "model");
        LanguageModel model =
            LanguageModel.load(
                config,
                () -> Checkpoints.open(folder, "model"),
                new Matrix(2, config.embedding(), rows),
                config.vocabulary() + untrained + 2,
                ComputeDevice.CPU,
                Precision.FP32,
                Quantization.NONE)) {
      float[] table = FloatTensors.read(files, "model.decoder.embed_tokens.weight");
      double mean = 0;
      for (int i = 0; i < config.vocabulary(); i++) {
        mean += table[i * config.embedding()] / (double) config.vocabulary();
      }
      for (int i = 0; i < untrained; i++) {
        assertEquals(mean, model.embed(config.vocabulary() + i).values()[0], 1e-5);
      }
      assertEquals(7, model.embed(config.vocabulary() + untrained).values()[0]);
      assertEquals(table[0], model.embed(0).values()[0]);
    }
  }

  private static long[] ids(Checkpoint expected) {
    ByteBuffer bytes = expected.bytes("ids").duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long[] ids = new long[bytes.remaining() / Long.BYTES];
    bytes.asLongBuffer().get(ids);
    return ids;
  }

  private static void assertClose(float[] expected, float[] found, String what, double tolerance) {
    double error = Micro.relativeError(expected, found);
    assertTrue(error < tolerance, what + " differ by " + error);
  }
}
