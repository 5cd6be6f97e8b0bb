package io.github.gill.diffusion;

import io.github.gill.checkpoint.Layout;
import java.util.ArrayDeque;
import java.util.Deque;

/** Lists the tensors of a denoising network by walking down and up its levels. */
final class UNetLayout {

  private final UNetConfig config;
  private final Layout.Builder layout = Layout.builder("the UNet");
  private final Layers layers = new Layers(layout);

  private UNetLayout(UNetConfig config) {
    this.config = config;
  }

  /**
   * Lists the tensors.
   *
   * @param config the network's shape
   * @return names and shapes
   */
  static Layout of(UNetConfig config) {
    return new UNetLayout(config).walk();
  }

  private Layout walk() {
    int levels = config.channels().size();
    int width = config.channels().get(0);
    Deque<Integer> skips = new ArrayDeque<>();
    layers.linear("time_embedding.linear_1", config.timeSize(), width);
    layers.linear("time_embedding.linear_2", config.timeSize(), config.timeSize());
    layers.conv("conv_in", width, config.latentChannels(), 3);
    skips.push(width);
    for (int l = 0; l < levels; l++) {
      String level = "down_blocks." + l;
      int out = config.channels().get(l);
      for (int j = 0; j < config.residuals().get(l); j++) {
        residual(level + ".resnets." + j, width, out);
        width = out;
        if (config.downAttends().get(l)) {
          transformer(level + ".attentions." + j, width, config.transformers().get(l));
        }
        skips.push(width);
      }
      if (l < levels - 1) {
        layers.conv(level + ".downsamplers.0.conv", width, width, 3);
        skips.push(width);
      }
    }
    residual("mid_block.resnets.0", width, width);
    transformer("mid_block.attentions.0", width, config.transformers().get(levels - 1));
    residual("mid_block.resnets.1", width, width);
    for (int l = 0; l < levels; l++) {
      String level = "up_blocks." + l;
      int mirrored = levels - 1 - l;
      int out = config.channels().get(mirrored);
      for (int j = 0; j <= config.residuals().get(mirrored); j++) {
        residual(level + ".resnets." + j, width + skips.pop(), out);
        width = out;
        if (config.upAttends().get(l)) {
          transformer(level + ".attentions." + j, width, config.transformers().get(mirrored));
        }
      }
      if (l < levels - 1) {
        layers.conv(level + ".upsamplers.0.conv", width, width, 3);
      }
    }
    layers.norm("conv_norm_out", width);
    layers.conv("conv_out", config.latentChannels(), width, 3);
    return layout.build();
  }

  private void residual(String name, int in, int out) {
    layers.residual(name, in, out);
    layers.linear(name + ".time_emb_proj", out, config.timeSize());
  }

  private void transformer(String name, int width, int blocks) {
    layers.norm(name + ".norm", width);
    projection(name + ".proj_in", width);
    projection(name + ".proj_out", width);
    for (int k = 0; k < blocks; k++) {
      String block = name + ".transformer_blocks." + k;
      for (int n = 1; n <= 3; n++) {
        layers.norm(block + ".norm" + n, width);
      }
      attention(block + ".attn1", width, width);
      attention(block + ".attn2", width, config.conditioningSize());
      layers.linear(block + ".ff.net.0.proj", width * 8, width); // 4 · C values and as many gates
      layers.linear(block + ".ff.net.2", width, width * 4);
    }
  }

  private void projection(String name, int width) {
    if (config.linearProjection()) {
      layers.linear(name, width, width);
    } else {
      layers.conv(name, width, width, 1);
    }
  }

  private void attention(String name, int width, int seen) {
    layers.map(name + ".to_q", width, width);
    layers.map(name + ".to_k", width, seen);
    layers.map(name + ".to_v", width, seen);
    layers.linear(name + ".to_out.0", width, width);
  }
}
