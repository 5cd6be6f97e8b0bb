package io.github.gill.examples.web;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.gill.AnswerSettings;
import io.github.gill.DiffusionSettings;
import io.github.gill.Prompt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request for a chat completion in this library's terms.
 *
 * @param prompt all messages in the form of the original's demo
 * @param settings how to answer
 * @param stream whether words are sent as they are chosen
 */
record CompletionRequest(Prompt prompt, AnswerSettings settings, boolean stream) {

  private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})x([0-9]{1,5})");
  private static final int MOST_MESSAGES = 500;

  static CompletionRequest of(JsonObject body) {
    long unused = whole(body, "n", 1, 1, 1);
    double temperature = number(body, "temperature", 0, 0, 2);
    double topP = number(body, "top_p", temperature > 0 ? 0.95 : 1, 1e-6, 1);
    String limit = body.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    AnswerSettings settings =
        AnswerSettings.builder()
            .numWords((int) whole(body, limit, 32, 1, 256))
            .retScaleFactor(number(body, "image_frequency", 1.3, 0, 100_000))
            .temperature(temperature)
            .topP(temperature > 0 ? topP : 1)
            .samplingSeed(seed(body, 0))
            .diffusion(drawing(body))
            .build();
    return new CompletionRequest(prompt(body), settings, flag(body, "stream"));
  }

  private static Prompt prompt(JsonObject body) {
    JsonElement messages = body.get("messages");
    if (messages == null
        || !messages.isJsonArray()
        || messages.getAsJsonArray().isEmpty()
        || messages.getAsJsonArray().size() > MOST_MESSAGES) {
      throw ApiException.badRequest("messages must be a list of 1 to " + MOST_MESSAGES);
    }
    Prompt.Builder prompt = Prompt.builder();
    String role = null;
    int number = 0;
    for (JsonElement element : messages.getAsJsonArray()) {
      String place = "messages[" + number++ + "]";
      if (!(element instanceof JsonObject message)) {
        throw wrong(place, element, "an object");
      }
      role = string(place + ".role", message.get("role"));
      String words = content(place + ".content", message.get("content"), prompt).strip();
      switch (role) {
        case "system", "developer" -> prompt.text(words + "\n");
        case "user" -> prompt.text("Q: " + words + "\nA:");
        case "assistant" -> prompt.text(" " + words + "\n");
        default ->
            throw ApiException.badRequest(
                place + ".role is \"" + role + "\"; use system, user or assistant");
      }
    }
    if (!"user".equals(role)) {
      throw ApiException.badRequest("the last message must be the user's");
    }
    return prompt.build();
  }

  /** Adds the pictures of a message's content to the prompt and returns its words. */
  private static String content(
      String place, @Nullable JsonElement content, Prompt.Builder prompt) {
    if (content == null || content.isJsonNull()) {
      return "";
    }
    if (content instanceof JsonPrimitive text && text.isString()) {
      return text.getAsString();
    }
    if (!content.isJsonArray()) {
      throw wrong(place, content, "a text or a list of parts");
    }
    StringBuilder words = new StringBuilder();
    int number = 0;
    for (JsonElement element : content.getAsJsonArray()) {
      String part = place + "[" + number++ + "]";
      if (!(element instanceof JsonObject fields)) {
        throw wrong(part, element, "an object");
      }
      String type = String.valueOf(text(fields, "type"));
      if (type.equals("text")) {
        words.append(string(part + ".text", fields.get("text")));
      } else if (type.equals("image_url") && fields.get("image_url") instanceof JsonObject url) {
        prompt.image(DataUrl.decode(string(part + ".image_url.url", url.get("url"))));
      } else {
        throw ApiException.badRequest(part + " is \"" + type + "\"; use text and image_url");
      }
    }
    return words.toString();
  }

  private static String string(String place, @Nullable JsonElement value) {
    if (value instanceof JsonPrimitive text && text.isString()) {
      return text.getAsString();
    }
    throw wrong(place, value, "a text");
  }

  private static ApiException wrong(String place, @Nullable JsonElement found, String wanted) {
    String shown =
        found == null
            ? "missing"
            : found.isJsonObject()
                ? "an object"
                : found.isJsonArray() ? "a list" : Fields.shortened(found.toString());
    return ApiException.badRequest(place + " is " + shown + "; use " + wanted);
  }

  private static @Nullable JsonElement given(JsonObject body, String name) {
    JsonElement value = body.get(name);
    return value == null || value.isJsonNull() ? null : value;
  }

  static @Nullable String text(JsonObject body, String name) {
    JsonElement value = given(body, name);
    return value == null ? null : string(name, value);
  }

  private static boolean flag(JsonObject body, String name) {
    JsonElement value = given(body, name);
    if (value == null) {
      return false;
    }
    if (value instanceof JsonPrimitive flag && flag.isBoolean()) {
      return flag.getAsBoolean();
    }
    throw wrong(name, value, "true or false");
  }

  private static double number(
      JsonObject body, String name, double otherwise, double least, double most) {
    JsonElement value = given(body, name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof JsonPrimitive number && number.isNumber()) {
      return Fields.range(name, number.getAsDouble(), least, most);
    }
    throw wrong(name, value, "a number");
  }

  static long whole(JsonObject body, String name, long otherwise, long least, long most) {
    JsonElement value = given(body, name);
    if (value == null) {
      return otherwise;
    }
    try {
      if (value instanceof JsonPrimitive number && number.isNumber()) {
        long whole = number.getAsBigDecimal().longValueExact();
        Fields.range(name, (double) whole, (double) least, (double) most);
        return whole;
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Said below, as for what is no number at all.
    }
    throw wrong(name, value, "a whole number (of 64 bits)");
  }

  /** Any number of 64 bits, as OpenAI's seeds are. */
  private static long seed(JsonObject body, long otherwise) {
    return whole(body, "seed", otherwise, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** How pictures are drawn: {@code seed}, {@code steps} and {@code size}. */
  static DiffusionSettings drawing(JsonObject body) {
    DiffusionSettings.Builder drawing =
        DiffusionSettings.builder()
            .seed(seed(body, 1337))
            .steps((int) whole(body, "steps", 50, 1, 100));
    String size = text(body, "size");
    if (size != null && !size.equals("auto")) {
      Matcher sides = SIZE.matcher(size);
      if (!sides.matches()) {
        throw ApiException.badRequest("size is \"" + size + "\"; use for example 512x512");
      }
      drawing.width(Integer.valueOf(sides.group(1))).height(Integer.valueOf(sides.group(2)));
    }
    return drawing.build();
  }
}
