package io.github.gill.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
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
    try {
      for (String line : Files.readAllLines(file)) {
        if (!line.isBlank()) {
          JsonObject json = JsonParser.parseString(line).getAsJsonObject();
          all.add(
              new Measurement(
                  json.get("case").getAsString(),
                  json.get("seconds").getAsDouble(),
                  text(json, "unit"),
                  text(json, "dtype"),
                  text(json, "device")));
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read (" + e.getMessage() + ")", e);
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new IllegalArgumentException(
          file + " is not a file of timings; give the JSON lines of reference.py or bench", e);
    }
    return all;
  }

  private static String text(JsonObject json, String key) {
    return json.has(key) ? json.get(key).getAsString() : "";
  }
}
