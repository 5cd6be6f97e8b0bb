package io.github.gill.examples.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.gill.AnswerSettings;
import io.github.gill.Prompt;
import io.github.gill.examples.cli.files.InputFile;
import io.github.gill.examples.cli.files.StrictJson;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A request as JSON: the prompt's items and the settings of the command line in lowerCamelCase.
 *
 * @param prompt pictures and text
 * @param settings how to answer
 */
record RequestFile(Prompt prompt, AnswerSettings settings) {

  /** How each key fills the options; the keys that are not here are errors. */
  private static final Map<String, BiConsumer<RequestOptions, Field>> KEYS =
      Map.ofEntries(
          key("decision", (o, v) -> o.decision = v.text()),
          key("numWords", (o, v) -> o.numWords = v.integer()),
          key("minWordTokens", (o, v) -> o.minWords = v.integer()),
          key("retScaleFactor", (o, v) -> o.retScale = v.number().doubleValue()),
          key("genScaleFactor", (o, v) -> o.genScale = v.number().doubleValue()),
          key("temperature", (o, v) -> o.temperature = v.number().doubleValue()),
          key("topP", (o, v) -> o.topP = v.number().doubleValue()),
          key("samplingSeed", (o, v) -> o.samplingSeed = v.longInteger()),
          key("maxImages", (o, v) -> o.maxImages = v.integer()),
          key("imagesPerSlot", (o, v) -> o.imagesPerSlot = v.integer()),
          key("quality", (o, v) -> o.quality = v.text()),
          key("steps", (o, v) -> o.steps = v.integer()),
          key("guidance", (o, v) -> o.guidance = v.number().doubleValue()),
          key("scheduler", (o, v) -> o.scheduler = v.text()),
          key("seed", (o, v) -> o.seed = v.longInteger()),
          key("height", (o, v) -> o.height = v.integer()),
          key("width", (o, v) -> o.width = v.integer()),
          key("negativePrompt", (o, v) -> o.negativePrompt = v.text()),
          key("strength", (o, v) -> o.strength = v.number().doubleValue()),
          key("noSafetyChecker", (o, v) -> o.noSafetyChecker = v.truth()),
          key("initImage", (o, v) -> o.initImage = v.file()));

  /**
   * Reads a request; pictures' paths are relative to the file.
   *
   * @throws IllegalArgumentException if it is not a request, naming the key and the mend
   */
  static RequestFile read(Path file) {
    JsonElement root = StrictJson.read(file);
    try {
      return parse(root, file.toAbsolutePath().resolveSibling(""));
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
    for (Map.Entry<String, JsonElement> entry : json.entrySet()) {
      String key = entry.getKey();
      if (!key.equals("items")) {
        BiConsumer<RequestOptions, Field> setter = KEYS.get(key);
        if (setter == null) {
          throw new IllegalArgumentException(
              "unknown key \"" + key + "\"; use items, " + String.join(", ", sortedKeys()));
        }
        setter.accept(options, new Field(key, entry.getValue(), folder));
      }
    }
    return new RequestFile(
        prompt(json.get("items"), folder), options.applyTo(AnswerSettings.DEFAULTS));
  }

  private static Iterable<String> sortedKeys() {
    return KEYS.keySet().stream().sorted().toList();
  }

  private static Prompt prompt(@Nullable JsonElement items, Path folder) {
    if (items == null || !items.isJsonArray()) {
      throw new IllegalArgumentException(
          "\"items\" is %s; list {\"text\": …} and {\"image\": path} in order"
              .formatted(items == null ? "missing" : items));
    }
    Prompt.Builder prompt = Prompt.builder();
    for (JsonElement element : items.getAsJsonArray()) {
      if (!element.isJsonObject() || element.getAsJsonObject().size() != 1) {
        throw wrongItem(element);
      }
      Map.Entry<String, JsonElement> item = element.getAsJsonObject().entrySet().iterator().next();
      Field field = new Field(item.getKey(), item.getValue(), folder);
      switch (field.key()) {
        case "text" -> prompt.text(field.text());
        case "image" -> prompt.image(field.file());
        default -> throw wrongItem(element);
      }
    }
    return prompt.build();
  }

  private static IllegalArgumentException wrongItem(JsonElement element) {
    return new IllegalArgumentException(
        "item " + element + " is neither {\"text\": …} nor {\"image\": path}");
  }

  private static Map.Entry<String, BiConsumer<RequestOptions, Field>> key(
      String name, BiConsumer<RequestOptions, Field> setter) {
    return Map.entry(name, setter);
  }

  /** A key with its value, and what the paths of pictures are relative to. */
  private record Field(String key, JsonElement value, Path folder) {

    int integer() {
      try {
        return number().intValueExact();
      } catch (ArithmeticException e) {
        throw wrong("a whole number of at most " + Integer.MAX_VALUE);
      }
    }

    long longInteger() {
      try {
        return number().longValueExact();
      } catch (ArithmeticException e) {
        throw wrong("a whole number of at most " + Long.MAX_VALUE);
      }
    }

    BigDecimal number() {
      return primitive(JsonPrimitive::isNumber, "a number").getAsBigDecimal();
    }

    String text() {
      return primitive(JsonPrimitive::isString, "a text in double quotes").getAsString();
    }

    boolean truth() {
      return primitive(JsonPrimitive::isBoolean, "true or false").getAsBoolean();
    }

    Path file() {
      String path = primitive(JsonPrimitive::isString, "a path in double quotes").getAsString();
      return InputFile.picture(Path.of(path), folder);
    }

    private JsonPrimitive primitive(Predicate<JsonPrimitive> fits, String expected) {
      if (value instanceof JsonPrimitive primitive && fits.test(primitive)) {
        return primitive;
      }
      throw wrong(expected);
    }

    private IllegalArgumentException wrong(String expected) {
      return new IllegalArgumentException("\"" + key + "\" is " + value + "; give " + expected);
    }
  }
}
