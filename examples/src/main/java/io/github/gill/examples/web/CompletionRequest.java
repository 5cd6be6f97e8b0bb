package io.github.gill.examples.web;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
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
    if (number(body, "n", 1, 1, 1) != 1) {
      throw ApiException.badRequest("n must be 1");
    }
    double temperature = number(body, "temperature", 0, 0, 2);
    double topP = number(body, "top_p", temperature > 0 ? 0.95 : 1, 1e-6, 1);
    String limit = body.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    AnswerSettings settings =
        AnswerSettings.builder()
            .numWords((int) number(body, limit, 32, 1, 256))
            .retScaleFactor(number(body, "image_frequency", 1.3, 0, 100_000))
            .temperature(temperature)
            .topP(temperature > 0 ? topP : 1)
            .samplingSeed((long) number(body, "seed", 0, 0, 1L << 52))
            .diffusion(drawing(body))
            .build();
    JsonElement stream = body.get("stream");
    return new CompletionRequest(
        prompt(body),
        settings,
        stream != null && stream.isJsonPrimitive() && stream.getAsBoolean());
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
    for (JsonElement element : messages.getAsJsonArray()) {
      if (!element.isJsonObject()) {
        throw ApiException.badRequest("a message is no object");
      }
      JsonObject message = element.getAsJsonObject();
      role = String.valueOf(text(message, "role"));
      String words = content(message.get("content"), prompt).strip();
      switch (role) {
        case "system", "developer" -> prompt.text(words + "\n");
        case "user" -> prompt.text("Q: " + words + "\nA:");
        case "assistant" -> prompt.text(" " + words + "\n");
        default ->
            throw ApiException.badRequest(
                "role is \"" + role + "\"; use system, user or assistant");
      }
    }
    if (!"user".equals(role)) {
      throw ApiException.badRequest("the last message must be the user's");
    }
    return prompt.build();
  }

  /** Adds the pictures of a message's content to the prompt and returns its words. */
  private static String content(@Nullable JsonElement content, Prompt.Builder prompt) {
    if (content == null || content.isJsonNull()) {
      return "";
    }
    if (content.isJsonPrimitive()) {
      return content.getAsString();
    }
    StringBuilder words = new StringBuilder();
    if (content.isJsonArray()) {
      for (JsonElement element : content.getAsJsonArray()) {
        JsonObject part = element.isJsonObject() ? element.getAsJsonObject() : new JsonObject();
        String type = String.valueOf(text(part, "type"));
        if (type.equals("text")) {
          words.append(String.valueOf(text(part, "text")));
        } else if (type.equals("image_url") && part.get("image_url") instanceof JsonObject url) {
          prompt.image(DataUrl.decode(String.valueOf(text(url, "url"))));
        } else {
          throw ApiException.badRequest(
              "a part of a message is \"" + type + "\"; use text and image_url");
        }
      }
    }
    return words.toString();
  }

  static @Nullable String text(JsonObject body, String name) {
    JsonElement value = body.get(name);
    return value == null || !value.isJsonPrimitive() ? null : value.getAsString();
  }

  static double number(JsonObject body, String name, double otherwise, double least, double most) {
    JsonElement value = body.get(name);
    if (value == null || value.isJsonNull()) {
      return otherwise;
    }
    double number;
    try {
      number = value.getAsDouble();
    } catch (RuntimeException e) {
      throw ApiException.badRequest(name + " is " + value + ", not a number");
    }
    if (!(number >= least && number <= most)) {
      throw ApiException.badRequest(name + " is " + value + "; use " + least + " to " + most);
    }
    return number;
  }

  /** How pictures are drawn: {@code seed}, {@code steps} and {@code size}. */
  static DiffusionSettings drawing(JsonObject body) {
    DiffusionSettings.Builder drawing =
        DiffusionSettings.builder()
            .seed((long) number(body, "seed", 1337, 0, 1L << 52))
            .steps((int) number(body, "steps", 50, 1, 100));
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
