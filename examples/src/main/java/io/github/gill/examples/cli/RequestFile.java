package io.github.gill.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.gill.AnswerSettings;
import io.github.gill.Prompt;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A request as JSON: the prompt's items and the settings of the command line in lowerCamelCase.
 *
 * @param prompt pictures and text
 * @param settings how to answer
 */
record RequestFile(Prompt prompt, AnswerSettings settings) {

  /** How each key fills the options; the keys that are not here are errors. */
  private static final Map<String, BiConsumer<RequestOptions, JsonElement>> KEYS =
      Map.ofEntries(
          key("decision", (o, v) -> o.decision = text(v)),
          key("numWords", (o, v) -> o.numWords = integer(v)),
          key("minWordTokens", (o, v) -> o.minWords = integer(v)),
          key("retScaleFactor", (o, v) -> o.retScale = number(v).doubleValue()),
          key("genScaleFactor", (o, v) -> o.genScale = number(v).doubleValue()),
          key("temperature", (o, v) -> o.temperature = number(v).doubleValue()),
          key("topP", (o, v) -> o.topP = number(v).doubleValue()),
          key("samplingSeed", (o, v) -> o.samplingSeed = number(v).longValueExact()),
          key("maxImages", (o, v) -> o.maxImages = integer(v)),
          key("imagesPerSlot", (o, v) -> o.imagesPerSlot = integer(v)),
          key("quality", (o, v) -> o.quality = text(v)),
          key("steps", (o, v) -> o.steps = integer(v)),
          key("guidance", (o, v) -> o.guidance = number(v).doubleValue()),
          key("scheduler", (o, v) -> o.scheduler = text(v)),
          key("seed", (o, v) -> o.seed = number(v).longValueExact()),
          key("height", (o, v) -> o.height = integer(v)),
          key("width", (o, v) -> o.width = integer(v)),
          key("negativePrompt", (o, v) -> o.negativePrompt = text(v)),
          key("strength", (o, v) -> o.strength = number(v).doubleValue()),
          key("noSafetyChecker", (o, v) -> o.noSafetyChecker = truth(v)));

  /**
   * Reads a request; pictures' paths are relative to the file.
   *
   * @throws IllegalArgumentException if it is not a request, naming the key and the mend
   */
  static RequestFile read(Path file) {
    try {
      return parse(
          JsonParser.parseString(Files.readString(file)), file.toAbsolutePath().resolveSibling(""));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file + " cannot be read (" + e.getMessage() + "); give a JSON request file", e);
    } catch (JsonParseException e) {
      throw new IllegalArgumentException(file + " is not valid JSON: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The same from JSON that is at hand.
   *
   * @param folder what pictures' paths are relative to
   * @throws IllegalArgumentException as {@link #read}
   */
  static RequestFile parse(JsonElement root, Path folder) {
    if (!root.isJsonObject()) {
      throw new IllegalArgumentException("a request is a JSON object with \"items\"");
    }
    JsonObject json = root.getAsJsonObject();
    RequestOptions options = new RequestOptions();
    Path initialImage = null;
    for (Map.Entry<String, JsonElement> entry : json.entrySet()) {
      String key = entry.getKey();
      if (key.equals("initImage")) {
        initialImage = folder.resolve(entry.getValue().getAsString());
      } else if (!key.equals("items")) {
        BiConsumer<RequestOptions, JsonElement> setter = KEYS.get(key);
        if (setter == null) {
          throw new IllegalArgumentException(
              "unknown key \"" + key + "\"; use items, " + String.join(", ", sortedKeys()));
        }
        set(key, () -> setter.accept(options, entry.getValue()), entry.getValue());
      }
    }
    options.initImage = initialImage;
    return new RequestFile(
        prompt(json.get("items"), folder), options.applyTo(AnswerSettings.DEFAULTS));
  }

  private static Iterable<String> sortedKeys() {
    return KEYS.keySet().stream().sorted().toList();
  }

  private static void set(String key, Runnable setter, JsonElement value) {
    try {
      setter.run();
    } catch (ClassCastException
        | IllegalStateException
        | UnsupportedOperationException
        | ArithmeticException
        | NumberFormatException e) {
      throw new IllegalArgumentException(
          "\"" + key + "\" is " + value + ", which is not the kind of value it takes", e);
    }
  }

  private static Prompt prompt(@Nullable JsonElement items, Path folder) {
    if (items == null || !items.isJsonArray()) {
      throw new IllegalArgumentException(
          "\"items\" is missing; list {\"text\": …} and {\"image\": path} in order");
    }
    Prompt.Builder prompt = Prompt.builder();
    JsonArray array = items.getAsJsonArray();
    for (JsonElement element : array) {
      if (!element.isJsonObject() || element.getAsJsonObject().size() != 1) {
        throw wrongItem(element);
      }
      Map.Entry<String, JsonElement> item = element.getAsJsonObject().entrySet().iterator().next();
      if (!item.getValue().isJsonPrimitive()) {
        throw wrongItem(element);
      }
      switch (item.getKey()) {
        case "text" -> prompt.text(item.getValue().getAsString());
        case "image" -> prompt.image(folder.resolve(item.getValue().getAsString()));
        default -> throw wrongItem(element);
      }
    }
    return prompt.build();
  }

  private static IllegalArgumentException wrongItem(JsonElement element) {
    return new IllegalArgumentException(
        "item " + element + " is neither {\"text\": …} nor {\"image\": path}");
  }

  private static int integer(JsonElement value) {
    return number(value).intValueExact();
  }

  private static BigDecimal number(JsonElement value) {
    if (value.getAsJsonPrimitive().isNumber()) {
      return value.getAsBigDecimal();
    }
    throw new IllegalStateException("not a number");
  }

  private static String text(JsonElement value) {
    if (value.getAsJsonPrimitive().isString()) {
      return value.getAsString();
    }
    throw new IllegalStateException("not a text");
  }

  private static boolean truth(JsonElement value) {
    if (value.getAsJsonPrimitive().isBoolean()) {
      return value.getAsBoolean();
    }
    throw new IllegalStateException("not a truth value");
  }

  private static Map.Entry<String, BiConsumer<RequestOptions, JsonElement>> key(
      String name, BiConsumer<RequestOptions, JsonElement> setter) {
    return Map.entry(name, setter);
  }
}
