package io.github.gill.language;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/**
 * A token that is cut out of a text before byte-pair encoding.
 *
 * @param content the token's text
 * @param special whether decoding leaves it out
 * @param normalized whether it is looked for after normalisation instead of before
 * @param stripLeft whether it takes the white space before it
 * @param stripRight whether it takes the white space after it
 * @param singleWord whether it must stand alone
 */
record AddedToken(
    String content,
    boolean special,
    boolean normalized,
    boolean stripLeft,
    boolean stripRight,
    boolean singleWord) {

  /** A special token as the hub's files name it by its text alone. */
  static AddedToken special(String content) {
    return new AddedToken(content, true, false, false, false, false);
  }

  /** What {@code tokenizer.add_tokens("…")} makes. */
  static AddedToken ordinary(String content) {
    return new AddedToken(content, false, true, false, false, false);
  }

  /** Reads a token written as its text or as an object with flags. */
  static AddedToken parse(JsonElement json, boolean special) {
    if (json.isJsonPrimitive()) {
      return special ? special(json.getAsString()) : ordinary(json.getAsString());
    }
    JsonObject object = json.getAsJsonObject();
    boolean isSpecial = special || flag(object, "special");
    return new AddedToken(
        object.get("content").getAsString(),
        isSpecial,
        object.has("normalized") ? flag(object, "normalized") : !isSpecial,
        flag(object, "lstrip"),
        flag(object, "rstrip"),
        flag(object, "single_word"));
  }

  private static boolean flag(JsonObject object, String name) {
    JsonElement value = object.get(name);
    return value != null && value.getAsBoolean();
  }

  /** Writes the entry of {@code tokenizer.json}'s {@code added_tokens}. */
  JsonObject toJson(int id) {
    JsonObject json = new JsonObject();
    json.addProperty("id", id);
    json.addProperty("content", content);
    json.addProperty("single_word", singleWord);
    json.addProperty("lstrip", stripLeft);
    json.addProperty("rstrip", stripRight);
    json.addProperty("normalized", normalized);
    json.addProperty("special", special);
    return json;
  }
}
