package io.github.gill.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A model's JSON configuration, read with errors that name the file, the key and the value. */
public final class ModelConfig {

  private static final long MAX_BYTES = 16L << 20;

  private final String source;
  private final JsonObject json;

  private ModelConfig(String source, JsonObject json) {
    this.source = source;
    this.json = json;
  }

  /**
   * Reads a file.
   *
   * @param file a JSON object
   * @return its content
   * @throws ModelFileException if it is missing, larger than 16 MiB or no JSON object
   */
  public static ModelConfig read(Path file) {
    try {
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new ModelFileException(
            file + " has " + bytes + " bytes; a configuration has at most " + MAX_BYTES);
      }
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new ModelFileException(
          FileErrors.unreadable(file, e, "copy it from the model's repository"), e);
    }
  }

  /**
   * Parses a text.
   *
   * @param source where the text comes from, for messages
   * @param text a JSON object
   * @return its content
   * @throws ModelFileException if it is no JSON object
   */
  public static ModelConfig parse(String source, String text) {
    try {
      JsonElement root = JsonParser.parseString(text);
      if (root.isJsonObject()) {
        return new ModelConfig(source, root.getAsJsonObject());
      }
    } catch (JsonParseException | StackOverflowError e) {
      throw new ModelFileException(source + " is not valid JSON: " + e.getMessage(), e);
    }
    throw new ModelFileException(source + " is not a JSON object; copy it from the repository");
  }

  /**
   * Says whether a key is there and not null.
   *
   * @param key the key
   * @return true if it has a value
   */
  public boolean has(String key) {
    return json.has(key) && !json.get(key).isJsonNull();
  }

  /**
   * Returns an integer.
   *
   * @param key the key
   * @return its value
   * @throws ModelFileException if it is missing or no integer
   */
  public int integer(String key) {
    JsonElement value = require(key);
    try {
      return value.getAsBigDecimal().intValueExact();
    } catch (RuntimeException e) {
      throw wrong(key, value, "an integer", e);
    }
  }

  /**
   * Returns an integer.
   *
   * @param key the key
   * @param absent what a missing key means
   * @return its value
   */
  public int integer(String key, int absent) {
    return has(key) ? integer(key) : absent;
  }

  /**
   * Returns a positive integer, as sizes are.
   *
   * @param key the key
   * @return its value, from 1 to 2^24
   * @throws ModelFileException if it is missing or out of range
   */
  public int size(String key) {
    int value = integer(key);
    if (value < 1 || value > 1 << 24) {
      throw wrong(key, require(key), "a size from 1 to 16777216", null);
    }
    return value;
  }

  /**
   * Returns a number.
   *
   * @param key the key
   * @param absent what a missing key means
   * @return its value
   */
  public double number(String key, double absent) {
    if (!has(key)) {
      return absent;
    }
    JsonElement value = require(key);
    try {
      return value.getAsDouble();
    } catch (RuntimeException e) {
      throw wrong(key, value, "a number", e);
    }
  }

  /**
   * Returns a truth value.
   *
   * @param key the key
   * @param absent what a missing key means
   * @return its value
   */
  public boolean flag(String key, boolean absent) {
    if (!has(key)) {
      return absent;
    }
    JsonElement value = require(key);
    if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean()) {
      return value.getAsBoolean();
    }
    throw wrong(key, value, "true or false", null);
  }

  /**
   * Returns a text.
   *
   * @param key the key
   * @param absent what a missing key means
   * @return its value
   */
  public String text(String key, String absent) {
    if (!has(key)) {
      return absent;
    }
    JsonElement value = require(key);
    if (value.isJsonPrimitive()) {
      return value.getAsString();
    }
    throw wrong(key, value, "a text", null);
  }

  /**
   * Returns integers, where a single one stands for a list of one.
   *
   * @param key the key
   * @return its values, at least one
   * @throws ModelFileException if it is missing or holds something else
   */
  public List<Integer> integers(String key) {
    JsonElement value = require(key);
    List<Integer> list = new ArrayList<>();
    try {
      if (value.isJsonArray()) {
        value.getAsJsonArray().forEach(e -> list.add(e.getAsBigDecimal().intValueExact()));
      } else {
        list.add(value.getAsBigDecimal().intValueExact());
      }
    } catch (RuntimeException e) {
      throw wrong(key, value, "integers", e);
    }
    if (list.isEmpty()) {
      throw wrong(key, value, "integers", null);
    }
    return list;
  }

  /**
   * Returns numbers.
   *
   * @param key the key
   * @return its values
   * @throws ModelFileException if it is missing or holds something else
   */
  public float[] numbers(String key) {
    JsonElement value = require(key);
    try {
      JsonArray array = value.getAsJsonArray();
      float[] numbers = new float[array.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = array.get(i).getAsFloat();
      }
      return numbers;
    } catch (RuntimeException e) {
      throw wrong(key, value, "a list of numbers", e);
    }
  }

  /**
   * Returns texts.
   *
   * @param key the key
   * @return its values
   * @throws ModelFileException if it is missing or holds something else
   */
  public List<String> texts(String key) {
    JsonElement value = require(key);
    List<String> list = new ArrayList<>();
    try {
      JsonArray array = value.getAsJsonArray();
      array.forEach(e -> list.add(e.getAsString()));
    } catch (RuntimeException e) {
      throw wrong(key, value, "a list of texts", e);
    }
    return list;
  }

  /**
   * Returns a nested object.
   *
   * @param key the key
   * @return its content
   * @throws ModelFileException if it is missing or no object
   */
  public ModelConfig object(String key) {
    JsonElement value = require(key);
    if (!value.isJsonObject()) {
      throw wrong(key, value, "an object", null);
    }
    return new ModelConfig(source + " " + key, value.getAsJsonObject());
  }

  /**
   * Returns everything as text, for what the other methods do not read.
   *
   * @return a JSON object
   */
  public String json() {
    return json.toString();
  }

  /**
   * Returns a value as text, for messages and for what the other methods do not read.
   *
   * @param key the key
   * @return the value in JSON without spaces between its parts, texts in quotes
   * @throws ModelFileException if it is missing or null
   */
  public String json(String key) {
    return require(key).toString();
  }

  /**
   * Says whether a key is there without a value.
   *
   * @param key the key
   * @return true if it is there and null
   */
  public boolean isNull(String key) {
    return json.has(key) && json.get(key).isJsonNull();
  }

  /**
   * Says whether a value is a list.
   *
   * @param key the key
   * @return true if it is there and a list
   */
  public boolean isList(String key) {
    return has(key) && json.get(key).isJsonArray();
  }

  /**
   * Says where this comes from.
   *
   * @return a name for messages
   */
  public String source() {
    return source;
  }

  private JsonElement require(String key) {
    if (!has(key)) {
      throw new ModelFileException(
          source + " has no \"" + key + "\"; use the configuration that belongs to the weights");
    }
    return json.get(key);
  }

  private ModelFileException wrong(
      String key,
      JsonElement value,
      String expected,
      @org.jspecify.annotations.Nullable Throwable e) {
    return new ModelFileException(
        source + ": \"" + key + "\" is " + value + ", expected " + expected, e);
  }
}
