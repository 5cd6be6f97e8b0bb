package io.github.gill.mapper;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.spi.ModelContext;
import java.util.Locale;

/** The maps from states to conditioning, named as {@code text_fc_mode} names them. */
enum MapperKind {
  /** A transformer whose learned queries read the image tokens; the paper's. */
  GILL_MAPPER {
    @Override
    void describe(Layout.Builder layout, Sizes sizes) {
      int size = sizes.at("fc.weight", 0);
      linear(layout, "fc", size, sizes.hidden());
      linear(layout, "model", sizes.conditioning(), size);
      layout.tensor(ROOT + "query_embs", 1, sizes.tokens(), size);
      int feedForward = sizes.at("tfm.encoder.layers.0.linear1.weight", 0);
      for (String stack : new String[] {"tfm.encoder", "tfm.decoder"}) {
        boolean decoder = stack.endsWith("decoder");
        stack(layout, stack, sizes.layers(stack), size, feedForward, decoder);
      }
    }

    @Override
    String encoder() {
      return "tfm.encoder";
    }
  },
  /** One linear layer per image token. */
  LINEAR {
    @Override
    void describe(Layout.Builder layout, Sizes sizes) {
      linear(layout, "model", sizes.conditioning(), sizes.hidden());
    }
  },
  /** Three linear layers with ReLU between them per image token. */
  MLP {
    @Override
    void describe(Layout.Builder layout, Sizes sizes) {
      int first = sizes.at("model.0.weight", 0);
      int second = sizes.at("model.2.weight", 0);
      linear(layout, "model.0", first, sizes.hidden());
      linear(layout, "model.2", second, first);
      linear(layout, "model.4", sizes.conditioning(), second);
    }
  },
  /** A transformer encoder over the image tokens, each of which gives some consecutive rows. */
  TRANSFORMER_ENCODER {
    @Override
    void describe(Layout.Builder layout, Sizes sizes) {
      int size = sizes.at("fc.weight", 0);
      int feedForward = sizes.at("tfm.layers.0.linear1.weight", 0);
      linear(layout, "fc", size, sizes.hidden());
      linear(layout, "model", sizes.rowsPerToken() * sizes.conditioning(), size);
      stack(layout, "tfm", sizes.layers("tfm"), size, feedForward, false);
    }

    @Override
    String encoder() {
      return "tfm";
    }
  };

  /** What stands before the map's tensors in a GILL checkpoint. */
  static final String ROOT = "gen_text_hidden_fcs.0.";

  /**
   * Describes the tensors of this map.
   *
   * @param context the model
   * @return the names and shapes, without what stands before them in the checkpoint
   * @throws ModelFileException if a tensor that tells a size is missing
   */
  Layout layout(ModelContext context) {
    Layout.Builder layout =
        Layout.builder(toString()).ignore("(?!" + ROOT.replace(".", "\\.") + ").*");
    describe(layout, new Sizes(context));
    return layout.build();
  }

  abstract void describe(Layout.Builder layout, Sizes sizes);

  /** The name of the encoder's stack, empty where there is none. */
  String encoder() {
    return "";
  }

  static void linear(Layout.Builder layout, String name, int out, int in) {
    layout.tensor(ROOT + name + ".weight", out, in).tensor(ROOT + name + ".bias", out);
  }

  static void stack(
      Layout.Builder layout, String name, int layers, int size, int feedForward, boolean decoder) {
    for (int i = 0; i < layers; i++) {
      String layer = name + ".layers." + i + ".";
      attention(layout, layer + "self_attn", size);
      if (decoder) {
        attention(layout, layer + "multihead_attn", size);
        norm(layout, layer + "norm3", size);
      }
      linear(layout, layer + "linear1", feedForward, size);
      linear(layout, layer + "linear2", size, feedForward);
      norm(layout, layer + "norm1", size);
      norm(layout, layer + "norm2", size);
    }
    norm(layout, name + ".norm", size);
  }

  private static void attention(Layout.Builder layout, String name, int size) {
    layout.tensor(ROOT + name + ".in_proj_weight", 3L * size, size);
    layout.tensor(ROOT + name + ".in_proj_bias", 3L * size);
    linear(layout, name + ".out_proj", size, size);
  }

  private static void norm(Layout.Builder layout, String name, int size) {
    layout.tensor(ROOT + name + ".weight", size).tensor(ROOT + name + ".bias", size);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Sizes from {@code model_args.json} and, where it is silent, from the tensors themselves. */
  static final class Sizes {
    private final ModelContext context;

    Sizes(ModelContext context) {
      this.context = context;
    }

    int hidden() {
      return context.hiddenSize();
    }

    int conditioning() {
      return context.args().conditioningSize();
    }

    int tokens() {
      return context.args().conditioningTokens();
    }

    /** How many rows of conditioning the last layer has room for; any remainder is misshapen. */
    int rowsPerToken() {
      return Math.max(1, at("model.weight", 0) / conditioning());
    }

    int at(String name, int axis) {
      Checkpoint trained = context.trained();
      TensorInfo info = trained.tensors().get(ROOT + name);
      if (info == null || info.shape().size() <= axis) {
        throw new ModelFileException(
            trained.source()
                + " has no tensor \""
                + ROOT
                + name
                + "\" of two axes, which "
                + context.args().mapper()
                + " needs; use the checkpoint's own model_args.json");
      }
      return Math.toIntExact(info.shape().get(axis));
    }

    int layers(String stack) {
      int layers = 0;
      while (context
          .trained()
          .tensors()
          .containsKey(ROOT + stack + ".layers." + layers + ".linear1.weight")) {
        layers++;
      }
      return layers;
    }
  }
}
