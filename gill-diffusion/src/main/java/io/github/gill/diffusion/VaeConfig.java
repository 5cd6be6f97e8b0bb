package io.github.gill.diffusion;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import java.util.List;

/**
 * The shape of an autoencoder, from {@code vae/config.json}.
 *
 * @param channels C of each level, from the pixels down; each but the last halves the sides
 * @param residuals how many residual blocks each level of the encoder has; one more in the decoder
 * @param latentChannels L, channels of the latents
 * @param groups groups of the group norms
 * @param scale what the encoder's latents are multiplied by for the denoising network
 * @param shift what is subtracted from them before
 * @param quantised whether the encoder ends in a 1×1 convolution
 * @param dequantised whether the decoder begins with one
 * @param attends whether the deepest level attends
 * @param forceUpcast whether it must run in fp32
 */
record VaeConfig(
    List<Integer> channels,
    int residuals,
    int latentChannels,
    int groups,
    double scale,
    double shift,
    boolean quantised,
    boolean dequantised,
    boolean attends,
    boolean forceUpcast) {

  /**
   * Reads a configuration.
   *
   * @param config {@code vae/config.json}
   * @return the shape
   * @throws ModelFileException naming the option, if it asks for something that is not supported
   */
  static VaeConfig of(ModelConfig config) {
    String activation = config.text("act_fn", "silu");
    if (!activation.equals("silu") && !activation.equals("swish")) {
      throw new ModelFileException(
          config.source() + ": act_fn is \"" + activation + "\"; supported: silu");
    }
    for (String key : List.of("latents_mean", "latents_std")) {
      if (config.has(key)) {
        throw new ModelFileException(
            config.source()
                + ": "
                + key
                + " is set, which is not supported; use an SD 1.x or 2.x VAE");
      }
    }
    List<Integer> channels = config.integers("block_out_channels");
    checkTypes(config, "down_block_types", "DownEncoderBlock2D", channels.size());
    checkTypes(config, "up_block_types", "UpDecoderBlock2D", channels.size());
    return new VaeConfig(
        channels,
        config.integer("layers_per_block", 1),
        config.integer("latent_channels", 4),
        config.integer("norm_num_groups", 32),
        config.number("scaling_factor", 0.18215),
        config.number("shift_factor", 0),
        config.flag("use_quant_conv", true),
        config.flag("use_post_quant_conv", true),
        config.flag("mid_block_add_attention", true),
        config.flag("force_upcast", false));
  }

  private static void checkTypes(ModelConfig config, String key, String supported, int levels) {
    List<String> types = config.texts(key);
    if (types.size() != levels || !types.stream().allMatch(supported::equals)) {
      throw new ModelFileException(
          "%s: %s is %s, expected %d × %s"
              .formatted(config.source(), key, types, levels, supported));
    }
  }

  /** Checks that the sizes fit each other. */
  VaeConfig {
    channels = List.copyOf(channels);
    for (int width : channels) {
      if (width < 1 || groups < 1 || width % groups != 0) {
        throw new ModelFileException(
            "vae: block_out_channels has "
                + width
                + ", not a multiple of norm_num_groups "
                + groups);
      }
    }
  }

  /** How many pixels a latent pixel spans in each direction. */
  int factor() {
    return 1 << (channels.size() - 1);
  }

  /** Lists the tensors; the attention's first names in diffusers, query to proj_attn, load too. */
  Layout layout() {
    Layout.Builder layout =
        Layout.builder("the VAE")
            .spelling("(mid_block\\.attentions\\.0)\\.query\\.", "$1.to_q.")
            .spelling("(mid_block\\.attentions\\.0)\\.key\\.", "$1.to_k.")
            .spelling("(mid_block\\.attentions\\.0)\\.value\\.", "$1.to_v.")
            .spelling("(mid_block\\.attentions\\.0)\\.proj_attn\\.", "$1.to_out.0.");
    Layers layers = new Layers(layout);
    encoder(layers);
    decoder(layers);
    if (quantised) {
      layers.conv("quant_conv", 2 * latentChannels, 2 * latentChannels, 1);
    }
    if (dequantised) {
      layers.conv("post_quant_conv", latentChannels, latentChannels, 1);
    }
    return layout.build();
  }

  private void encoder(Layers layers) {
    int width = channels.get(0);
    layers.conv("encoder.conv_in", width, 3, 3);
    for (int l = 0; l < channels.size(); l++) {
      String level = "encoder.down_blocks." + l;
      for (int j = 0; j < residuals; j++) {
        layers.residual(level + ".resnets." + j, width, channels.get(l));
        width = channels.get(l);
      }
      if (l < channels.size() - 1) {
        layers.conv(level + ".downsamplers.0.conv", width, width, 3);
      }
    }
    middle(layers, "encoder.mid_block", width);
    layers.norm("encoder.conv_norm_out", width);
    layers.conv("encoder.conv_out", 2 * latentChannels, width, 3);
  }

  private void decoder(Layers layers) {
    int levels = channels.size();
    int width = channels.get(levels - 1);
    layers.conv("decoder.conv_in", width, latentChannels, 3);
    middle(layers, "decoder.mid_block", width);
    for (int l = 0; l < levels; l++) {
      String level = "decoder.up_blocks." + l;
      int out = channels.get(levels - 1 - l);
      for (int j = 0; j <= residuals; j++) {
        layers.residual(level + ".resnets." + j, width, out);
        width = out;
      }
      if (l < levels - 1) {
        layers.conv(level + ".upsamplers.0.conv", width, width, 3);
      }
    }
    layers.norm("decoder.conv_norm_out", width);
    layers.conv("decoder.conv_out", 3, width, 3);
  }

  private void middle(Layers layers, String name, int width) {
    layers.residual(name + ".resnets.0", width, width);
    layers.residual(name + ".resnets.1", width, width);
    if (attends) {
      layers.norm(name + ".attentions.0.group_norm", width);
      for (String map : List.of("to_q", "to_k", "to_v", "to_out.0")) {
        layers.linear(name + ".attentions.0." + map, width, width);
      }
    }
  }
}
