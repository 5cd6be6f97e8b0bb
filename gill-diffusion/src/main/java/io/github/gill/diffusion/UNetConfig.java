package io.github.gill.diffusion;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The shape of a denoising network, from {@code unet/config.json}.
 *
 * @param channels C of each level, from the latents down
 * @param downAttends whether each level attends on the way down
 * @param upAttends whether each level attends on the way up, from the deepest
 * @param residuals how many residual blocks each level has on the way down; one more on the way up
 * @param transformers how many transformer blocks follow each residual block, by level
 * @param heads how many attention heads each level has
 * @param latentChannels channels of the latents
 * @param conditioningSize the length of a conditioning token
 * @param timeSize E, the length of a time embedding
 * @param groups groups of the group norms
 * @param epsilon of the group norms
 * @param linearProjection whether transformers project by linear layers instead of convolutions
 * @param cosineFirst whether cosines come before sines in the timestep's sinusoids
 * @param frequencyShift of the timestep's sinusoids
 * @param upcastAttention whether attention is computed in fp32
 * @param latentSide height and width of the latents the network was trained on
 */
record UNetConfig(
    List<Integer> channels,
    List<Boolean> downAttends,
    List<Boolean> upAttends,
    List<Integer> residuals,
    List<Integer> transformers,
    List<Integer> heads,
    int latentChannels,
    int conditioningSize,
    int timeSize,
    int groups,
    double epsilon,
    boolean linearProjection,
    boolean cosineFirst,
    double frequencyShift,
    boolean upcastAttention,
    int latentSide) {

  /** Options by the only values supported; null and missing are, but for mid_block_type's null. */
  private static final List<Option> FIXED =
      List.of(
          new Option("act_fn", "silu", "swish"),
          new Option("addition_embed_type"),
          new Option("attention_type", "default"),
          new Option("center_input_sample", "false"),
          new Option("class_embed_type"),
          new Option("class_embeddings_concat", "false"),
          new Option("conv_in_kernel", "3"),
          new Option("conv_out_kernel", "3"),
          new Option("cross_attention_norm"),
          new Option("downsample_padding", "1"),
          new Option("dual_cross_attention", "false"),
          new Option("encoder_hid_dim"),
          new Option("encoder_hid_dim_type"),
          new Option("mid_block_only_cross_attention", "false"),
          new Option("mid_block_scale_factor", "1", "1.0"),
          new Option("mid_block_type", "UNetMidBlock2DCrossAttn"),
          new Option("num_class_embeds"),
          new Option("only_cross_attention", "false"),
          new Option("resnet_out_scale_factor", "1", "1.0"),
          new Option("resnet_skip_time_act", "false"),
          new Option("resnet_time_scale_shift", "default"),
          new Option("reverse_transformer_layers_per_block"),
          new Option("time_cond_proj_dim"),
          new Option("time_embedding_act_fn"),
          new Option("time_embedding_type", "positional"),
          new Option("timestep_post_act"));

  private record Option(String key, Set<String> supported) {
    Option(String key, String... supported) {
      this(key, Set.of(supported));
    }

    void check(ModelConfig config) {
      if (!config.has(key)) {
        return;
      }
      String value = config.json(key);
      if (supported.contains(value.startsWith("\"") ? config.text(key, "") : value)) {
        return;
      }
      throw new ModelFileException(
          "%s: \"%s\" is %s, which is not supported; use a Stable Diffusion 1.x or 2.x model"
              .formatted(config.source(), key, value));
    }
  }

  /**
   * Reads a configuration.
   *
   * @param config {@code unet/config.json}
   * @return the shape
   * @throws ModelFileException naming the option, if it asks for something that is not supported
   */
  static UNetConfig of(ModelConfig config) {
    FIXED.forEach(option -> option.check(config));
    if (config.isNull("mid_block_type")) {
      throw new ModelFileException(
          config.source()
              + ": \"mid_block_type\" is null, expected UNetMidBlock2DCrossAttn; UNets without a"
              + " middle block are not supported, use a Stable Diffusion 1.x or 2.x model");
    }
    List<Integer> channels = config.integers("block_out_channels");
    int levels = channels.size();
    String headsKey =
        config.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
    List<Integer> sides = config.has("sample_size") ? config.integers("sample_size") : List.of(64);
    return new UNetConfig(
        channels,
        attends(config, "down_block_types", "CrossAttnDownBlock2D", "DownBlock2D", levels),
        attends(config, "up_block_types", "CrossAttnUpBlock2D", "UpBlock2D", levels),
        perLevel(config, "layers_per_block", 2, levels),
        perLevel(config, "transformer_layers_per_block", 1, levels),
        perLevel(config, headsKey, 8, levels),
        latentChannels(config),
        config.size("cross_attention_dim"),
        config.integer("time_embedding_dim", channels.get(0) * 4),
        config.integer("norm_num_groups", 32),
        config.number("norm_eps", 1e-5),
        config.flag("use_linear_projection", false),
        config.flag("flip_sin_to_cos", true),
        config.number("freq_shift", 0),
        config.flag("upcast_attention", false),
        sides.get(0));
  }

  /** Checks that the sizes fit each other. */
  UNetConfig {
    channels = List.copyOf(channels);
    heads = List.copyOf(heads);
    for (int l = 0; l < channels.size(); l++) {
      int width = channels.get(l);
      if (width < 1 || groups < 1 || width % groups != 0) {
        throw new ModelFileException(
            "unet: block_out_channels has "
                + width
                + ", not a multiple of norm_num_groups "
                + groups);
      }
      if (heads.get(l) < 1 || width % heads.get(l) != 0) {
        throw new ModelFileException(
            "unet: block_out_channels has %d, not a multiple of its %d attention heads"
                .formatted(width, heads.get(l)));
      }
    }
  }

  /** The number of heads of each level as a program takes it. */
  long[] headsByLevel() {
    return heads.stream().mapToLong(Integer::longValue).toArray();
  }

  private static int latentChannels(ModelConfig config) {
    int in = config.integer("in_channels", 4);
    int out = config.integer("out_channels", 4);
    if (in != out) {
      throw new ModelFileException(
          "%s: in_channels is %d and out_channels %d; models for inpainting or depth, which see more than latents, are not supported"
              .formatted(config.source(), in, out));
    }
    return in;
  }

  private static List<Boolean> attends(
      ModelConfig config, String key, String attending, String plain, int levels) {
    List<Boolean> attends = new ArrayList<>();
    for (String type : config.texts(key)) {
      if (!type.equals(attending) && !type.equals(plain)) {
        throw new ModelFileException(
            "%s: %s has \"%s\"; supported: %s, %s"
                .formatted(config.source(), key, type, attending, plain));
      }
      attends.add(type.equals(attending));
    }
    return ofLevels(config, key, attends, levels);
  }

  private static List<Integer> perLevel(ModelConfig config, String key, int absent, int levels) {
    if (!config.has(key)) {
      return Collections.nCopies(levels, absent);
    }
    List<Integer> values = config.integers(key);
    return config.isList(key)
        ? ofLevels(config, key, values, levels)
        : Collections.nCopies(levels, values.get(0));
  }

  private static <T> List<T> ofLevels(ModelConfig config, String key, List<T> values, int levels) {
    if (values.size() != levels) {
      throw new ModelFileException(
          "%s: %s has %d entries, block_out_channels %d"
              .formatted(config.source(), key, values.size(), levels));
    }
    return List.copyOf(values);
  }
}
