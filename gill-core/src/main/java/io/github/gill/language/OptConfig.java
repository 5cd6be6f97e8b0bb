package io.github.gill.language;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;

/**
 * The shape of an OPT model, from {@code config.json}.
 *
 * @param vocabulary rows of the embedding table
 * @param hidden D, the size of the hidden states
 * @param embedding E, the size of the embeddings; unlike D in opt-350m alone
 * @param feedForward the size of the feed-forward layers
 * @param layers the number of layers
 * @param heads the number of attention heads
 * @param positions the longest sequence
 * @param preNorm whether layers normalise their input (all sizes but 350m) or their output
 * @param finalNorm whether the last layer's output is normalised
 * @param bias whether linear layers have biases
 * @param affineNorm whether layer norms have weights
 * @param gelu whether the activation is GELU instead of ReLU
 */
public record OptConfig(
    int vocabulary,
    int hidden,
    int embedding,
    int feedForward,
    int layers,
    int heads,
    int positions,
    boolean preNorm,
    boolean finalNorm,
    boolean bias,
    boolean affineNorm,
    boolean gelu) {

  /** The embedding table, V × E, which is the output head as well. */
  static final String TOKEN_TABLE = "model.decoder.embed_tokens.weight";

  /** The position table begins with two rows for padding. */
  private static final int POSITION_OFFSET = 2;

  /**
   * Reads a configuration.
   *
   * @param config the content of {@code config.json}
   * @return the shape
   * @throws ModelFileException if it is not an OPT model that this library runs
   */
  public static OptConfig of(ModelConfig config) {
    String type = config.text("model_type", "opt");
    String activation = config.text("activation_function", "relu");
    if (!type.equals("opt")) {
      throw new ModelFileException(
          config.source() + ": model_type is \"" + type + "\"; GILL runs on \"opt\"");
    }
    if (!activation.equals("relu") && !activation.equals("gelu")) {
      throw new ModelFileException(
          config.source() + ": activation_function is \"" + activation + "\"; use relu or gelu");
    }
    if (!config.flag("tie_word_embeddings", true)) {
      throw new ModelFileException(
          config.source()
              + ": tie_word_embeddings is false; GILL's rows of [IMG] tokens lie in one table for"
              + " embeddings and output head, use a model that ties them");
    }
    int hidden = config.size("hidden_size");
    int heads = config.size("num_attention_heads");
    if (hidden % heads != 0) {
      throw new ModelFileException(
          config.source() + ": hidden_size " + hidden + " does not divide by " + heads + " heads");
    }
    boolean preNorm = config.flag("do_layer_norm_before", true);
    return new OptConfig(
        config.size("vocab_size"),
        hidden,
        config.integer("word_embed_proj_dim", hidden),
        config.size("ffn_dim"),
        config.size("num_hidden_layers"),
        heads,
        config.size("max_position_embeddings"),
        preNorm,
        preNorm && !config.flag("_remove_final_layer_norm", false),
        config.flag("enable_bias", true),
        config.flag("layer_norm_elementwise_affine", true),
        activation.equals("gelu"));
  }

  /**
   * Lists the model's tensors under the hub's present names.
   *
   * @return names and shapes, with the older spellings of names
   */
  public Layout layout() {
    Layout.Builder layout =
        Layout.builder("OPT")
            .spelling("^decoder\\.", "model.decoder.")
            .spelling("^opt\\.decoder\\.", "model.decoder.")
            .ignore("model\\.decoder\\.version");
    String root = "model.decoder.";
    layout.tensor(TOKEN_TABLE, vocabulary, embedding);
    layout.tensor(root + "embed_positions.weight", positions + POSITION_OFFSET, hidden);
    // The head is tied to the embeddings; some files repeat it, others keep it alone.
    layout.standIn(TOKEN_TABLE, "lm_head.weight");
    if (embedding != hidden) {
      layout.tensor(root + "project_in.weight", hidden, embedding);
      layout.tensor(root + "project_out.weight", embedding, hidden);
    }
    if (finalNorm) {
      norm(layout, root + "final_layer_norm");
    }
    for (int i = 0; i < layers; i++) {
      String layer = root + "layers." + i + ".";
      for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        linear(layout, layer + "self_attn." + projection, hidden, hidden);
      }
      norm(layout, layer + "self_attn_layer_norm");
      linear(layout, layer + "fc1", feedForward, hidden);
      linear(layout, layer + "fc2", hidden, feedForward);
      norm(layout, layer + "final_layer_norm");
    }
    return layout.build();
  }

  /**
   * Says whether a tensor is a linear layer's weight, the output head's table included.
   *
   * @param name a name of {@link #layout()}
   * @return true for layers that {@code opt.py} runs through {@code linear.py}
   */
  boolean linear(String name) {
    return name.equals(TOKEN_TABLE) || name.matches(".*\\.([qkv]_proj|out_proj|fc1|fc2)\\.weight");
  }

  private void linear(Layout.Builder layout, String name, int out, int in) {
    layout.tensor(name + ".weight", out, in);
    if (bias) {
      layout.tensor(name + ".bias", out);
    }
  }

  private void norm(Layout.Builder layout, String name) {
    if (affineNorm) {
      layout.tensor(name + ".weight", hidden);
      layout.tensor(name + ".bias", hidden);
    }
  }
}
