package io.github.gill.vision;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;

/**
 * The shape of a CLIP image encoder, from {@code config.json}.
 *
 * @param hidden D, the size of the pooled features
 * @param feedForward the size of the feed-forward layers
 * @param layers the number of layers
 * @param heads the number of attention heads
 * @param side S, the picture's side in pixels
 * @param patch the patch's side in pixels
 * @param projection F, the size of the joint space; 0 if the file has no projection
 * @param quickGelu whether the activation is x · sigmoid(1.702 x) instead of GELU
 * @param epsilon of the layer norms
 */
public record ClipVisionConfig(
    int hidden,
    int feedForward,
    int layers,
    int heads,
    int side,
    int patch,
    int projection,
    boolean quickGelu,
    double epsilon) {

  /**
   * Reads a configuration.
   *
   * @param config a whole CLIP's {@code config.json}, or an image encoder's own; {@code
   *     vision_config_dict}, as old files have it, stands for a missing {@code vision_config}
   * @return the shape
   * @throws ModelFileException if it is not an encoder that this library runs
   */
  public static ClipVisionConfig of(ModelConfig config) {
    String nested = config.has("vision_config") ? "vision_config" : "vision_config_dict";
    boolean whole = config.has(nested);
    ModelConfig vision = whole ? config.object(nested) : config;
    String activation = vision.text("hidden_act", "quick_gelu");
    if (!activation.equals("quick_gelu") && !activation.equals("gelu")) {
      throw new ModelFileException(
          vision.source() + ": hidden_act is \"" + activation + "\"; use quick_gelu or gelu");
    }
    return new ClipVisionConfig(
        vision.integer("hidden_size", 768),
        vision.integer("intermediate_size", 3072),
        vision.integer("num_hidden_layers", 12),
        vision.integer("num_attention_heads", 12),
        vision.integer("image_size", 224),
        vision.integer("patch_size", 32),
        whole ? config.integer("projection_dim", vision.integer("projection_dim", 512)) : 0,
        activation.equals("quick_gelu"),
        vision.number("layer_norm_eps", 1e-5));
  }

  /** Checks that sizes fit each other. */
  public ClipVisionConfig {
    if (hidden < 1 || heads < 1 || hidden % heads != 0 || patch < 1 || side < patch || layers < 1) {
      throw new ModelFileException(
          "CLIP's vision_config has hidden_size "
              + hidden
              + ", num_attention_heads "
              + heads
              + ", image_size "
              + side
              + ", patch_size "
              + patch
              + "; use the configuration that belongs to the weights");
    }
  }

  /**
   * Leaves the projection out, for those who need pooled features alone.
   *
   * @return the same encoder with a projection of 0; its layout takes a file's projection of any
   *     shape, and none
   */
  public ClipVisionConfig withoutProjection() {
    return new ClipVisionConfig(
        hidden, feedForward, layers, heads, side, patch, 0, quickGelu, epsilon);
  }

  /**
   * Lists the encoder's tensors under the hub's names.
   *
   * @return a layout to build on; files may leave out {@code vision_model.}, and the text tower is
   *     ignored
   */
  public Layout.Builder layout() {
    int patches = (side / patch) * (side / patch);
    String root = "vision_model.";
    Layout.Builder layout =
        Layout.builder("CLIP image encoder")
            .spelling("^(embeddings|encoder|pre_layrnorm|post_layernorm)\\.", root + "$1.")
            .tensor(root + "embeddings.class_embedding", hidden)
            .tensor(root + "embeddings.patch_embedding.weight", hidden, 3, patch, patch)
            .tensor(root + "embeddings.position_embedding.weight", patches + 1, hidden)
            .ignore("(vision_model|text_model)\\.embeddings\\.position_ids")
            .ignore("text_model\\..*|text_projection\\.weight|logit_scale");
    if (projection > 0) {
      layout.optional("visual_projection.weight", projection, hidden);
    } else {
      layout.ignore("visual_projection\\.weight");
    }
    norm(layout, root + "pre_layrnorm");
    norm(layout, root + "post_layernorm");
    for (int i = 0; i < layers; i++) {
      String layer = root + "encoder.layers." + i + ".";
      for (String name : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        linear(layout, layer + "self_attn." + name, hidden, hidden);
      }
      linear(layout, layer + "mlp.fc1", feedForward, hidden);
      linear(layout, layer + "mlp.fc2", hidden, feedForward);
      norm(layout, layer + "layer_norm1");
      norm(layout, layer + "layer_norm2");
    }
    return layout;
  }

  private void norm(Layout.Builder layout, String name) {
    layout.tensor(name + ".weight", hidden).tensor(name + ".bias", hidden);
  }

  private static void linear(Layout.Builder layout, String name, int out, int in) {
    layout.tensor(name + ".weight", out, in).tensor(name + ".bias", out);
  }
}
