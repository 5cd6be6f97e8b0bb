package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the fixture's requests through the command line and compares every stage with the original:
 * tokens, decisions and the order of candidates equal; probabilities, scores and tensors within
 * 1e-3; latents within 5e-3; pictures within 2 of 255 at 99.9% of the pixels.
 */
class RunParityIT {

  private static final Path MICRO =
      Path.of("../gill-core/src/test/resources/micro").toAbsolutePath().normalize();

  /** The original's arguments and the command line's names for them. */
  private static final Map<String, String> ARGUMENTS =
      Map.of(
          "ret_scale_factor", "retScaleFactor",
          "gen_scale_factor", "genScaleFactor",
          "min_word_tokens", "minWordTokens",
          "max_num_rets", "maxImages",
          "temperature", "temperature",
          "top_p", "topP");

  @TempDir Path temporary;

  @TestFactory
  List<DynamicTest> answersAsTheOriginalDoes() throws IOException {
    JsonObject expected = json(MICRO.resolve("expected.json"));
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonElement prompt : expected.getAsJsonArray("prompts")) {
      String name = prompt.getAsJsonObject().get("name").getAsString();
      tests.add(DynamicTest.dynamicTest(name, () -> compare(prompt.getAsJsonObject(), name)));
    }
    return tests;
  }

  private void compare(JsonObject prompt, String name) throws IOException {
    Path folder = Files.createDirectories(temporary.resolve(name));
    Path request = folder.resolve("request.json");
    Files.writeString(request, request(prompt).toString());
    int exit =
        GillCommand.commandLine()
            .execute(
                "run",
                "--model",
                MICRO.toString(),
                "--request",
                request.toString(),
                "--out",
                folder.toString(),
                "--json",
                folder.resolve("answer.json").toString(),
                "--trace",
                folder.resolve("trace.safetensors").toString());
    assertEquals(0, exit);
    JsonObject answer = json(folder.resolve("answer.json"));

    assertEquals(prompt.get("generated_ids"), answer.get("tokens"));
    compareParts(prompt.getAsJsonArray("outputs"), answer.getAsJsonArray("parts"));
    compareTensors(name, folder.resolve("trace.safetensors"));
  }

  private static JsonObject request(JsonObject prompt) {
    JsonObject request = new JsonObject();
    JsonArray items = new JsonArray();
    for (JsonElement item : prompt.getAsJsonArray("items")) {
      String kind = item.getAsJsonArray().get(0).getAsString();
      String content = item.getAsJsonArray().get(1).getAsString();
      JsonObject one = new JsonObject();
      one.addProperty(kind, kind.equals("image") ? MICRO.resolve(content).toString() : content);
      items.add(one);
    }
    request.add("items", items);
    request.add("numWords", prompt.get("num_words"));
    prompt
        .getAsJsonObject("args")
        .entrySet()
        .forEach(argument -> request.add(ARGUMENTS.get(argument.getKey()), argument.getValue()));
    if (!prompt.get("torch_seed").isJsonNull()) {
      request.add("samplingSeed", prompt.get("torch_seed"));
    }
    request.add("seed", prompt.get("diffusion_seed"));
    request.add("steps", prompt.get("steps"));
    request.add("guidance", prompt.get("guidance_scale"));
    request.addProperty("decision", "both");
    request.addProperty("noSafetyChecker", true);
    return request;
  }

  /** The original's text before a picture ends in the [IMG] tokens, which ours leaves out. */
  private static void compareParts(JsonArray expected, JsonArray found) throws IOException {
    List<JsonObject> images = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (JsonElement part : found) {
      if (part.getAsJsonObject().get("type").getAsString().equals("image")) {
        images.add(part.getAsJsonObject());
      } else {
        text.append(part.getAsJsonObject().get("text").getAsString());
      }
    }
    StringBuilder expectedText = new StringBuilder();
    int slot = 0;
    for (JsonElement output : expected) {
      JsonObject object = output.getAsJsonObject();
      if (object.has("text")) {
        expectedText.append(object.get("text").getAsString().replaceAll(" ?\\[IMG\\d\\]", ""));
      } else {
        compareImage(object, images.get(slot++));
      }
    }
    assertEquals(slot, images.size());
    assertEquals(expectedText.toString(), text.toString());
  }

  private static void compareImage(JsonObject expected, JsonObject found) throws IOException {
    assertEquals(
        expected.get("decision").getAsString().equals("ret") ? "retrieve" : "generate",
        found.get("decision").getAsString());
    JsonArray probabilities = expected.getAsJsonArray("probabilities");
    JsonObject foundProbabilities = found.getAsJsonObject("probabilities");
    assertEquals(
        probabilities.get(0).getAsDouble(), foundProbabilities.get("generate").getAsDouble(), 1e-3);
    assertEquals(
        probabilities.get(1).getAsDouble(), foundProbabilities.get("retrieve").getAsDouble(), 1e-3);
    JsonArray retrieved = found.getAsJsonArray("retrieved");
    if (expected.has("top10")) {
      for (int i = 0; i < 10; i++) {
        JsonObject candidate = retrieved.get(i).getAsJsonObject();
        assertEquals(expected.getAsJsonArray("top10").get(i), candidate.get("index"));
      }
    }
    JsonArray shown = expected.getAsJsonArray("retrieved");
    for (int i = 0; i < shown.size(); i++) {
      assertEquals(
          shown.get(i).getAsJsonObject().get("score").getAsDouble(),
          retrieved.get(i).getAsJsonObject().get("score").getAsDouble(),
          1e-3);
    }
    JsonObject generated = found.getAsJsonArray("generated").get(0).getAsJsonObject();
    assertEquals(
        expected.get("generated_score").getAsDouble(), generated.get("score").getAsDouble(), 1e-3);
    assertSamePicture(
        MICRO.resolve(expected.get("generated").getAsString()),
        Path.of(generated.get("file").getAsString()));
  }

  private static void assertSamePicture(Path expected, Path found) throws IOException {
    double share =
        Pictures.agreement(ImageIO.read(expected.toFile()), ImageIO.read(found.toFile()), 2);
    assertTrue(share >= 0.999, "only " + share + " of the pixels agree");
  }

  private static void compareTensors(String name, Path trace) {
    int compared = 0;
    try (Checkpoint expected = Checkpoints.open(MICRO.resolve("expected.safetensors"));
        Checkpoint found = Checkpoints.open(trace)) {
      for (String tensor : expected.tensors().keySet()) {
        if (!tensor.startsWith(name + ".") || tensor.endsWith("first_logits_after_masking")) {
          continue;
        }
        String own = tensor.substring(name.length() + 1);
        float[] a = FloatTensors.read(expected, tensor);
        float[] b = FloatTensors.read(found, own);
        assertEquals(a.length, b.length, own);
        double error = 0;
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
          error = Math.max(error, Math.abs(a[i] - b[i]));
          largest = Math.max(largest, Math.abs(a[i]));
        }
        assertTrue(error < 1e-3 * largest, own + " differs by " + error / largest);
        compared++;
      }
    }
    assertTrue(compared >= 2, "compared only " + compared + " tensors");
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }
}
