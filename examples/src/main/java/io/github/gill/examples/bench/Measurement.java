package io.github.gill.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.gill.examples.cli.files.InputFile;
import io.github.gill.examples.cli.files.StrictJson;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One case's outcome.
 *
 * @param name the case, for example {@code unet_step}
 * @param seconds the median
 * @param unit what took that long
 * @param dtype the type computed in
 * @param device where
 */
record Measurement(String name, double seconds, String unit, String dtype, String device) {

  /** One line of JSON. */
  String toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("case", name);
    json.addProperty("seconds", Math.round(seconds * 1e6) / 1e6);
    json.addProperty("unit", unit);
    json.addProperty("dtype", dtype);
    json.addProperty("device", device);
    return new Gson().toJson(json);
  }

  /**
   * Reads a file of such lines.
   *
   * @throws IllegalArgumentException if it is none
   */
  static List<Measurement> read(Path file) {
    List<Measurement> all = new ArrayList<>();
    List<String> lines = InputFile.text(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        all.add(parse(file, i + 1, lines.get(i)));
      }
    }
    return all;
  }

  private static Measurement parse(Path file, int number, String line) {
    JsonElement parsed = StrictJson.parse(file, number, line);
    try {
      JsonObject json = parsed.getAsJsonObject();
      return new Measurement(
          json.get("case").getAsString(),
          json.get("seconds").getAsDouble(),
          text(json, "unit"),
          text(json, "dtype"),
          text(json, "device"));
    } catch (IllegalStateException
        | NullPointerException
        | NumberFormatException
        | UnsupportedOperationException e) {
      throw new IllegalArgumentException(
          "%s, line %d is no timing; give the JSON lines of examples/bench/reference.py or bench"
              .formatted(file, number),
          e);
    }
  }

  private static String text(JsonObject json, String key) {
    return json.has(key) ? json.get(key).getAsString() : "";
  }
}
