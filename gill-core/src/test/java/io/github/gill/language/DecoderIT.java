package io.github.gill.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Progress;
import io.github.gill.testing.Micro;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DecoderIT {

  private static OptTokenizer tokenizer;
  private static LanguageModel model;

  @BeforeAll
  static void load() {
    OptConfig config =
        OptConfig.of(ModelConfig.read(Micro.FOLDER.resolve("lm").resolve("config.json")));
    tokenizer = OptTokenizer.read(Micro.FOLDER.resolve("lm"), 8);
    float[] rows;
    try (Checkpoint trained = Checkpoints.open(Micro.FOLDER.resolve("pretrained_ckpt.pth.tar"))) {
      rows = FloatTensors.read(trained, "module.model.input_embeddings.weight");
    }
    model =
        LanguageModel.load(
            config,
            () -> Checkpoints.open(Micro.FOLDER.resolve("lm"), "model", "pytorch_model"),
            new Matrix(8, config.embedding(), rows),
            tokenizer.size(),
            ComputeDevice.CPU,
            Precision.FP32,
            Quantization.NONE);
  }

  @AfterAll
  static void close() {
    model.close();
    tokenizer.close();
  }

  /** Tokens equal; logits and hidden states within 1e-3 of the original's, relative. */
  @TestFactory
  List<DynamicTest> decodesAsTheOriginalDoes() {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonObject prompt : Micro.prompts()) {
      String name = prompt.get("name").getAsString();
      tests.add(DynamicTest.dynamicTest(name, () -> compare(prompt, name)));
    }
    return tests;
  }

  private static void compare(JsonObject prompt, String name) {
    JsonObject args = prompt.getAsJsonObject("args");
    JsonElement seed = prompt.get("torch_seed");
    DecodingSettings settings =
        new DecodingSettings(
            prompt.get("num_words").getAsInt(),
            (int) number(args, "min_word_tokens", 0),
            number(args, "ret_scale_factor", 1),
            number(args, "gen_scale_factor", 1),
            number(args, "temperature", 0),
            number(args, "top_p", 1),
            seed.isJsonNull() ? 0 : seed.getAsLong(),
            (int) number(args, "max_num_rets", 1),
            false);
    Map<String, float[]> traced = new HashMap<>();
    Decoder.Decoded decoded = decode(Micro.tensor(name + ".input_embeddings"), settings, traced);

    List<Integer> expected = new ArrayList<>();
    prompt.getAsJsonArray("generated_ids").forEach(id -> expected.add(id.getAsInt()));
    assertEquals(expected, decoded.tokens());
    // The row of <|image|> is not in the fixture's files as the original had it in memory.
    float[] logits = Micro.tensor(name + ".first_logits_after_masking");
    traced.get("first_logits_after_masking")[tokenizer.imageId()] = logits[tokenizer.imageId()];
    for (String tensor : List.of("first_logits_after_masking", "last_hidden")) {
      double error = Micro.relativeError(Micro.tensor(name + "." + tensor), traced.get(tensor));
      assertTrue(error < 1e-3, tensor + " differs by " + error);
    }
    for (int i = 0; i < decoded.imageStates().size(); i++) {
      String states = name + ".image" + i + ".img_states";
      double error =
          Micro.relativeError(Micro.tensor(states), decoded.imageStates().get(i).values());
      assertTrue(error < 1e-3, states + " differs by " + error);
    }
  }

  private static double number(JsonObject args, String name, double absent) {
    return args.has(name) ? args.get(name).getAsDouble() : absent;
  }

  private static Decoder.Decoded decode(
      float[] embeddings, DecodingSettings settings, Map<String, float[]> traced) {
    int count = embeddings.length / model.embeddingSize();
    Progress progress =
        new Progress() {
          @Override
          public void check() {}

          @Override
          public boolean tracing() {
            return true;
          }

          @Override
          public void trace(String name, float[] values, long... shape) {
            traced.put(name, values.clone());
          }
        };
    try (Scope scope = new Scope();
        KeyValueCache cache = model.newCache()) {
      Value prompt = scope.floats(embeddings, 1, count, model.embeddingSize());
      return new Decoder(model, tokenizer)
          .decode(cache, prompt, count, settings, progress, token -> {});
    }
  }

  /** One whole forward pass against random pieces on a growing cache, within 1e-4. */
  @Test
  void givesTheSameStatesInPiecesAsInOneGo() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int length = 130 + random.nextInt(60);
    long[] ids = random.longs(length, 3, tokenizer.size()).toArray();
    try (Scope scope = new Scope();
        KeyValueCache whole = model.newCache();
        KeyValueCache pieces = model.newCache()) {
      float[] expected = model.next(scope, whole, ids).hidden().toFloats();
      float[] found = new float[expected.length];
      int at = 0;
      while (at < length) {
        int more = Math.min(length - at, 1 + random.nextInt(random.nextBoolean() ? 1 : 20));
        long[] piece = java.util.Arrays.copyOfRange(ids, at, at + more);
        float[] states = model.next(scope, pieces, piece).hidden().toFloats();
        System.arraycopy(states, 0, found, at * model.embeddingSize(), states.length);
        at += more;
      }
      double error = Micro.relativeError(expected, found);
      assertTrue(error < 1e-4, "seed " + seed + ": differs by " + error);
    }
  }

  @Test
  void forgetsWhatIsTruncated() {
    try (Scope scope = new Scope();
        KeyValueCache cache = model.newCache()) {
      float[] expected = model.next(scope, cache, 2, 40, 41, 42).logits().toFloats();
      cache.truncate(2);
      model.next(scope, cache, 50, 51, 52);
      cache.truncate(2);
      float[] found = model.next(scope, cache, 41, 42).logits().toFloats();
      assertTrue(Micro.relativeError(expected, found) < 1e-4);
      assertEquals(4, cache.length());
    }
  }
}
