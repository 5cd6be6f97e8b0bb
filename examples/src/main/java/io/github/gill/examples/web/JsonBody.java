package io.github.gill.examples.web;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.gill.examples.cli.files.StrictJson;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Requests in JSON: UTF-8 and strict, so that NaN and infinite numbers are refused. */
final class JsonBody {

  private static final Gson GSON = new Gson();

  /** How Gson begins to say that a value has the wrong type. */
  private static final Pattern MISMATCH =
      Pattern.compile("Expected (?:an? )?(\\S+) but was (.*?)(?: at line|; at path|$)");

  private static final Pattern NO_NUMBER = Pattern.compile("For input string: (\".*\")");

  /** A part of what Gson says, and the same in this chat's words. */
  private static final Map<String, String> SAID =
      Map.of(
          "NaN and infinities", "a number is not finite",
          "Nesting limit", "it nests too deep",
          "duplicate key", "a name is there twice",
          "null is not allowed", "found null, expected a value",
          "Unescaped control", "a text has a line break or tab that is not written as \\n or \\t",
          "End of input", "it breaks off",
          "Unterminated", "it breaks off");

  private JsonBody() {}

  /**
   * Reads a request's body.
   *
   * @throws ApiException that says what was found where
   */
  static <T> T read(Context request, Class<T> type) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(request.bodyAsBytes());
      return parse(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString(), type);
    } catch (CharacterCodingException e) {
      throw ApiException.badRequest("the body is no text in UTF-8, which JSON needs");
    }
  }

  /**
   * Parses JSON; nothing at all is an empty object.
   *
   * @throws ApiException that says what was found where
   */
  static <T> T parse(@Nullable String json, Class<T> type) {
    JsonReader reader =
        new JsonReader(new StringReader(json == null || json.isBlank() ? "{}" : json));
    reader.setStrictness(Strictness.STRICT);
    try {
      T parsed = GSON.fromJson(reader, type);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw refusal(reader, "it goes on after its end");
      }
      if (parsed == null) {
        throw refusal(reader, "found null, expected an object");
      }
      return parsed;
    } catch (JsonParseException | IOException e) {
      throw refusal(reader, said(String.valueOf(e.getMessage())));
    }
  }

  private static ApiException refusal(JsonReader reader, String what) {
    String path = reader.getPath().replaceFirst("^\\$\\.?", "");
    String name = path.isEmpty() ? "" : " (" + Fields.shortened(path) + ")";
    return ApiException.badRequest(
        "the JSON is not understood at " + StrictJson.place(reader) + name + ": " + what);
  }

  /** Says Gson's finding in this chat's words. */
  private static String said(String found) {
    Matcher mismatch = MISMATCH.matcher(found);
    if (mismatch.find()) {
      return found(mismatch.group(2), mismatch.group(1));
    }
    Matcher noNumber = NO_NUMBER.matcher(found);
    if (noNumber.find()) {
      return found(noNumber.group(1), "double");
    }
    for (Map.Entry<String, String> known : SAID.entrySet()) {
      if (found.contains(known.getKey())) {
        return known.getValue();
      }
    }
    return "this is no JSON; texts and names need double quotes, values commas between them";
  }

  private static String found(String what, String expected) {
    return "found " + word(what) + ", expected " + word(expected);
  }

  private static String word(String gson) {
    return switch (gson.substring(gson.lastIndexOf('.') + 1)) {
      case "BEGIN_OBJECT", "JsonObject" -> "an object";
      case "BEGIN_ARRAY", "JsonArray" -> "a list";
      case "STRING", "string" -> "a text";
      case "NUMBER", "double" -> "a number";
      case "int", "long" -> "a whole number";
      case "BOOLEAN", "boolean" -> "true or false";
      case "NULL", "JsonNull" -> "null";
      case "JsonPrimitive" -> "a single value";
      default -> Fields.shortened(gson);
    };
  }
}
