package io.github.gill.diffusion;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import java.util.List;

/**
 * The shape of a CLIP text encoder, from {@code text_encoder/config.json}.
 *
 * @param vocabulary how many tokens it knows
 * @param positions how many tokens a text has, padding included
 * @param hidden C, the size of a conditioning token
 * @param feedForward the size of the feed-forward layers
 * @param layers the number of layers
 * @param heads the number of attention heads
 * @param quickGelu whether the activation is x · sigmoid(1.702 x) instead of GELU
 * @param epsilon of the layer norms
 */
public record TextEncoderConfig(
    int vocabulary,
    int positions,
    int hidden,
    int feedForward,
    int layers,
    int heads,
    boolean quickGelu,
    double epsilon) {

  /**
   * Reads a configuration.
   *
   * @param config {@code text_encoder/config.json}, or a whole CLIP's
   * @return the shape
   * @throws ModelFileException if it is not an encoder that this library runs
   */
  public static TextEncoderConfig of(ModelConfig config) {
    String nested = config.has("text_config") ? "text_config" : "text_config_dict";
    ModelConfig text = config.has(nested) ? config.object(nested) : config;
    String activation = text.text("hidden_act", "quick_gelu");
    if (!activation.equals("quick_gelu") && !activation.equals("gelu")) {
      throw new ModelFileException(
          text.source() + ": hidden_act is \"" + activation + "\"; use quick_gelu or gelu");
    }
    return new TextEncoderConfig(
        text.integer("vocab_size", 49408),
        text.integer("max_position_embeddings", 77),
        text.integer("hidden_size", 512),
        text.integer("intermediate_size", 2048),
        text.integer("num_hidden_layers", 12),
        text.integer("num_attention_heads", 8),
        activation.equals("quick_gelu"),
        text.number("layer_norm_eps", 1e-5));
  }

  /** Checks that the sizes fit each other. */
  public TextEncoderConfig {
    if (positions < 2 || layers < 0 || hidden < 1 || heads < 1 || hidden % heads != 0) {
      throw new ModelFileException(
          ("text_encoder: hidden_size %d, num_attention_heads %d and max_position_embeddings %d do"
                  + " not fit; use the configuration that belongs to the weights")
              .formatted(hidden, heads, positions));
    }
  }

  /**
   * Lists the encoder's tensors under the hub's names.
   *
   * @return a layout to build on; files may leave out {@code text_model.} and have a projection
   *     besides
   */
  public Layout.Builder layout() {
    Layout.Builder layout =
        Layout.builder("the text encoder")
            .spelling("^(embeddings|encoder|final_layer_norm)\\.", "text_model.$1.")
            .ignore("text_model\\.embeddings\\.position_ids|text_projection\\.weight")
            .tensor("text_model.embeddings.token_embedding.weight", vocabulary, hidden)
            .tensor("text_model.embeddings.position_embedding.weight", positions, hidden);
    Layers names = new Layers(layout);
    names.norm("text_model.final_layer_norm", hidden);
    for (int i = 0; i < layers; i++) {
      String layer = "text_model.encoder.layers." + i + ".";
      for (String map : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        names.linear(layer + "self_attn." + map, hidden, hidden);
      }
      names.linear(layer + "mlp.fc1", feedForward, hidden);
      names.linear(layer + "mlp.fc2", hidden, feedForward);
      names.norm(layer + "layer_norm1", hidden);
      names.norm(layer + "layer_norm2", hidden);
    }
    return layout;
  }
}
