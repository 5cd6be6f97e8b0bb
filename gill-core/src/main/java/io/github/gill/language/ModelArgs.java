package io.github.gill.language;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code model_args.json}: what the trained part of a GILL model was built for.
 *
 * @param optVersion the language model's name on the hub
 * @param visualEncoder the image encoder's name on the hub
 * @param visualTokens k, how many tokens a picture becomes
 * @param retrievalSize the length of retrieval keys and queries
 * @param conditioningSize C, the size of one conditioning token
 * @param imageTokens r, how many {@code [IMG]} tokens there are
 * @param conditioningTokens T, how many tokens the mapper makes
 * @param mapper {@code text_fc_mode}: the kind of map from states to conditioning
 */
public record ModelArgs(
    String optVersion,
    String visualEncoder,
    int visualTokens,
    int retrievalSize,
    int conditioningSize,
    int imageTokens,
    int conditioningTokens,
    String mapper) {

  /** Checks the ranges. */
  public ModelArgs {
    if (visualTokens < 1
        || retrievalSize < 1
        || conditioningSize < 1
        || imageTokens < 1
        || conditioningTokens < 1) {
      throw new ModelFileException(
          "model_args.json: n_visual_tokens, ret_emb_dim, gen_emb_dim, num_tokens and"
              + " num_clip_tokens must be positive; use the checkpoint's own model_args.json");
    }
  }

  /**
   * Reads the file.
   *
   * @param folder the model folder
   * @return its arguments
   * @throws ModelFileException if the file is missing or not as the original writes it
   */
  public static ModelArgs read(Path folder) {
    Path file = folder.resolve("model_args.json");
    try {
      JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
      return new ModelArgs(
          text(json, "opt_version", "facebook/opt-6.7b"),
          text(json, "visual_encoder", "openai/clip-vit-large-patch14"),
          number(json, "n_visual_tokens", 1),
          number(json, "ret_emb_dim", 256),
          number(json, "gen_emb_dim", 256),
          number(json, "num_tokens", 8),
          number(json, "num_clip_tokens", 77),
          text(json, "text_fc_mode", "gill_mapper"));
    } catch (IOException e) {
      throw new ModelFileException(
          file + " cannot be read; a model folder has model_args.json beside its checkpoint", e);
    } catch (JsonSyntaxException
        | IllegalStateException
        | NumberFormatException
        | UnsupportedOperationException e) {
      throw new ModelFileException(
          file + " is not the JSON object that the original writes: " + e.getMessage(), e);
    }
  }

  private static String text(JsonObject json, String key, String absent) {
    JsonElement value = json.get(key);
    return value == null ? absent : value.getAsString();
  }

  private static int number(JsonObject json, String key, int absent) {
    JsonElement value = json.get(key);
    return value == null ? absent : value.getAsInt();
  }
}
