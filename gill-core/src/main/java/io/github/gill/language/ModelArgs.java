package io.github.gill.language;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * {@code model_args.json}: what the trained part of a GILL model was built for.
 *
 * @param optVersion the language model's name on the hub
 * @param visualEncoder the image encoder's name on the hub
 * @param visualTokens k, how many tokens a picture becomes
 * @param retrievalSize the length of retrieval keys and queries
 * @param conditioningSize C, the length of the map's rows; if it is not that of the diffusion
 *     model's, their numbers in sequence make its rows
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

  private static final int LARGEST = 1 << 16;

  /** Checks the ranges. */
  public ModelArgs {
    check("n_visual_tokens", visualTokens, LARGEST);
    check("ret_emb_dim", retrievalSize, LARGEST);
    check("gen_emb_dim", conditioningSize, LARGEST);
    check("num_tokens", imageTokens, OptTokenizer.MOST_IMAGE_TOKENS);
    check("num_clip_tokens", conditioningTokens, LARGEST);
  }

  private static void check(String key, int found, int most) {
    if (found < 1 || found > most) {
      throw new ModelFileException(
          "model_args.json: %s is %d, expected 1 to %d; use the checkpoint's own model_args.json"
              .formatted(key, found, most));
    }
  }

  /**
   * Reads the file.
   *
   * @param folder the model folder
   * @return its arguments
   * @throws ModelFileException if the file is missing, not as the original writes it, or asks for
   *     what neither the original nor this library runs
   */
  public static ModelArgs read(Path folder) {
    Path lm = folder.resolve("lm/config.json");
    return of(
        ModelConfig.read(folder.resolve("model_args.json")),
        () -> Files.exists(lm) ? ModelConfig.read(lm).integer("num_hidden_layers", -1) : -1);
  }

  /** Reads the arguments; the language model's number of layers names the last one as -1 does. */
  static ModelArgs of(ModelConfig json, IntSupplier layers) {
    List<Integer> read =
        json.has("text_emb_layers") ? json.integers("text_emb_layers") : List.of(-1);
    int layer = read.get(0);
    if (read.size() > 1 || (layer != -1 && (layer < 1 || layer != layers.getAsInt()))) {
      throw unsupported(json, "text_emb_layers", "[-1], the states of the last layer");
    }
    if (!json.text("ret_text_fc_mode", "linear").equals("linear")) {
      throw unsupported(json, "ret_text_fc_mode", "\"linear\"");
    }
    if (!json.flag("share_ret_gen", true)) {
      throw unsupported(json, "share_ret_gen", "true");
    }
    // FROMAGe has one [RET] token, counts none, and calls the size of keys otherwise.
    int imageTokens =
        json.has("retrieval_token_idx") ? json.integers("retrieval_token_idx").size() : 1;
    return new ModelArgs(
        json.text("opt_version", "facebook/opt-6.7b"),
        json.text("visual_encoder", "openai/clip-vit-large-patch14"),
        json.integer("n_visual_tokens", 1),
        json.integer("ret_emb_dim", json.integer("shared_emb_dim", 256)),
        json.integer("gen_emb_dim", 768),
        json.integer("num_tokens", imageTokens),
        json.integer("num_clip_tokens", 77),
        json.text("text_fc_mode", "gill_mapper"));
  }

  private static ModelFileException unsupported(ModelConfig json, String key, String expected) {
    return new ModelFileException(
        json.source() + ": " + key + " is " + json.json(key) + ", expected " + expected);
  }
}
