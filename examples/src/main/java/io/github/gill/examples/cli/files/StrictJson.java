package io.github.gill.examples.cli.files;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** JSON as RFC 8259 has it: double quotes, no comments, no trailing commas, each key once. */
public final class StrictJson {

  private static final Pattern PLACE = Pattern.compile("line (\\d+) column (\\d+)");

  private StrictJson() {}

  /**
   * Reads a file.
   *
   * @param file the file, UTF-8
   * @return its one value
   * @throws IllegalArgumentException if it cannot be read or is not JSON, naming line and column
   */
  public static JsonElement read(Path file) {
    return parse(file, 1, InputFile.text(file));
  }

  /**
   * Reads a part of a file.
   *
   * @param file where the text is from, for messages
   * @param line the number of the text's first line there
   * @param text the text
   * @return its one value
   * @throws IllegalArgumentException if it is not JSON, naming line and column
   */
  public static JsonElement parse(Path file, int line, String text) {
    JsonReader json = new JsonReader(new StringReader(text));
    json.setStrictness(Strictness.STRICT);
    try {
      JsonElement value = value(json);
      if (json.peek() != JsonToken.END_DOCUMENT) {
        throw new IOException("more follows behind the value");
      }
      return value;
    } catch (EOFException e) {
      throw invalid(file, line, json, "it ends too early; close every brace, bracket and quote", e);
    } catch (IOException | NumberFormatException e) {
      throw invalid(
          file,
          line,
          json,
          "names and texts need double quotes; comments, trailing commas and anything behind the"
              + " value are not allowed",
          e);
    } catch (IllegalArgumentException e) {
      throw invalid(file, line, json, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Says where a reader is.
   *
   * @param json a reader
   * @return the line and the column, counted from 1
   */
  public static String place(JsonReader json) {
    return place(json, 1);
  }

  private static String place(JsonReader json, int firstLine) {
    Matcher place = PLACE.matcher(json.toString());
    return place.find()
        ? "line %d, column %s"
            .formatted(Integer.parseInt(place.group(1)) + firstLine - 1, place.group(2))
        : json.getPath();
  }

  private static IllegalArgumentException invalid(
      Path file, int line, JsonReader json, String mend, Exception cause) {
    return new IllegalArgumentException(
        "%s is not valid JSON at %s: %s".formatted(file, place(json, line), mend), cause);
  }

  private static JsonElement value(JsonReader json) throws IOException {
    switch (json.peek()) {
      case BEGIN_OBJECT -> {
        return object(json);
      }
      case BEGIN_ARRAY -> {
        JsonArray array = new JsonArray();
        json.beginArray();
        while (json.hasNext()) {
          array.add(value(json));
        }
        json.endArray();
        return array;
      }
      case STRING -> {
        return new JsonPrimitive(json.nextString());
      }
      case NUMBER -> {
        return new JsonPrimitive(new BigDecimal(json.nextString()));
      }
      case BOOLEAN -> {
        return new JsonPrimitive(json.nextBoolean());
      }
      default -> {
        json.nextNull();
        return JsonNull.INSTANCE;
      }
    }
  }

  private static JsonObject object(JsonReader json) throws IOException {
    JsonObject object = new JsonObject();
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      if (object.has(key)) {
        throw new IllegalArgumentException("the key \"" + key + "\" stands twice; keep one");
      }
      object.add(key, value(json));
    }
    json.endObject();
    return object;
  }
}
