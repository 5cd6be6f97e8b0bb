package io.github.gill.testing;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The small random-weight model in the official layout and what the original answers for it. */
public final class Micro {

  /** The model folder; tests run in their module's folder. */
  public static final Path FOLDER = Path.of("../gill-core/src/test/resources/micro");

  private static final Checkpoint TENSORS =
      Checkpoints.open(FOLDER.resolve("expected.safetensors"));
  private static final JsonObject JSON = readJson();

  private Micro() {}

  private static JsonObject readJson() {
    try {
      return JsonParser.parseString(Files.readString(FOLDER.resolve("expected.json")))
          .getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The original's intermediate tensor. */
  public static float[] tensor(String name) {
    return FloatTensors.read(TENSORS, name);
  }

  /** Everything in expected.json. */
  public static JsonObject json() {
    return JSON;
  }

  /** The requests and the original's answers. */
  public static List<JsonObject> prompts() {
    List<JsonObject> prompts = new ArrayList<>();
    for (JsonElement prompt : JSON.getAsJsonArray("prompts")) {
      prompts.add(prompt.getAsJsonObject());
    }
    return prompts;
  }

  /** The largest absolute error over the largest absolute value. */
  public static double relativeError(float[] expected, float[] found) {
    if (expected.length != found.length) {
      throw new AssertionError(found.length + " numbers, expected " + expected.length);
    }
    double error = 0;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Float.isInfinite(expected[i]) && expected[i] == found[i]) {
        continue;
      }
      error = Math.max(error, Math.abs(expected[i] - found[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / largest;
  }
}
