package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Gill;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.language.KeyValueCache;
import io.github.gill.language.LanguageModel;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.language.OptTokenizer;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Scope;
import io.github.gill.spi.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What quantized weights cost the bundled language model on text that it was trained for. */
class QuantizationIT {

  private static final Path TINY = Path.of("../models/gill-tiny");
  private static final Path CONCEPTS = Path.of("../models/recipe/world/concepts.tsv");
  private static final int TOKENS = 600;

  private static Reading exact;

  /**
   * The greedy choice at each step of a text, and the mean of the text's negative log-likelihood.
   */
  private record Reading(List<Integer> choices, double loss) {}

  @BeforeAll
  static void readUnquantized() throws IOException {
    exact = read(Quantization.NONE);
    assertTrue(exact.choices().size() > TOKENS / 2);
  }

  /** Perplexity within a factor, and the share of steps at which the same token is chosen. */
  @ParameterizedTest
  @CsvSource({"INT8, 1.02, 0.95", "INT4, 1.05, 0.9"})
  void readsAlmostAsWellAsUnquantized(Quantization quantization, double factor, double share)
      throws IOException {
    Reading found = read(quantization);
    double ratio = Math.exp(found.loss() - exact.loss());
    assertTrue(ratio < factor && ratio > 1 / factor, "perplexity changes by a factor of " + ratio);
    int equal = 0;
    for (int i = 0; i < exact.choices().size(); i++) {
      equal += exact.choices().get(i).equals(found.choices().get(i)) ? 1 : 0;
    }
    double agreement = (double) equal / exact.choices().size();
    assertTrue(agreement >= share, "the same token at " + agreement + " of the steps");
  }

  @Test
  void quantizesForTheCpuInFp32Alone() {
    Gill.Builder builder =
        Gill.builder().model(TINY).quantization(Quantization.INT8).precision(Precision.BF16);
    assertEquals(
        "int8 weights are wanted for bf16 on cpu;"
            + " on the cpu they compute in fp32, elsewhere use none",
        assertThrows(UnsupportedRequestException.class, builder::build).getMessage());
  }

  private static Reading read(Quantization quantization) throws IOException {
    Path folder = TINY.resolve("lm");
    OptConfig config = OptConfig.of(ModelConfig.read(folder.resolve("config.json")));
    int images = ModelArgs.read(TINY).imageTokens();
    List<Integer> choices = new ArrayList<>();
    double loss = 0;
    try (Checkpoint trained = Checkpoints.open(TINY.resolve("pretrained_ckpt.pth.tar"));
        OptTokenizer tokenizer = OptTokenizer.read(folder, images);
        LanguageModel model =
            LanguageModel.load(
                config,
                () -> Checkpoints.open(folder, "model"),
                rows(trained, images, config.embedding()),
                tokenizer.size(),
                ComputeDevice.CPU,
                Precision.FP32,
                quantization)) {
      for (String line : Files.readAllLines(CONCEPTS)) {
        if (choices.size() >= TOKENS) {
          break;
        }
        String[] concept = line.split("\t", -1); // name, icon, kind, what it is, what it does
        String text =
            "Q: What is a %1$s?\nA: A %1$s is %2$s, and it %3$s."
                .formatted(concept[0], concept[3], concept[4]);
        long[] ids = tokenizer.encode(text, true);
        try (KeyValueCache cache = model.newCache()) {
          for (int i = 0; i + 1 < ids.length; i++) {
            try (Scope scope = new Scope()) {
              float[] logits = model.next(scope, cache, ids[i]).logits().toFloats();
              choices.add(argmax(logits));
              loss += logSum(logits) - logits[(int) ids[i + 1]];
            }
          }
        }
      }
    }
    return new Reading(choices, loss / choices.size());
  }

  private static Matrix rows(Checkpoint trained, int images, int size) {
    String name =
        trained.tensors().keySet().stream()
            .filter(key -> key.endsWith("input_embeddings.weight"))
            .findFirst()
            .orElseThrow();
    return new Matrix(images, size, FloatTensors.read(trained, name));
  }

  private static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static double logSum(float[] logits) {
    double largest = logits[argmax(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
