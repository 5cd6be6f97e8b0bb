package io.github.gill.diffusion;

import io.github.gill.checkpoint.Layout;

/** Names the tensors of common layers in a layout. */
record Layers(Layout.Builder layout) {

  /** A group or layer norm of C channels. */
  void norm(String name, int channels) {
    layout.tensor(name + ".weight", channels).tensor(name + ".bias", channels);
  }

  /** A square convolution with a bias. */
  void conv(String name, int out, int in, int side) {
    layout.tensor(name + ".weight", out, in, side, side).tensor(name + ".bias", out);
  }

  /** A linear layer with a bias. */
  void linear(String name, int out, int in) {
    layout.tensor(name + ".weight", out, in).tensor(name + ".bias", out);
  }

  /** A linear layer without a bias. */
  void map(String name, int out, int in) {
    layout.tensor(name + ".weight", out, in);
  }

  /** Two convolutions and, where the channels change, a third around them. */
  void residual(String name, int in, int out) {
    norm(name + ".norm1", in);
    conv(name + ".conv1", out, in, 3);
    norm(name + ".norm2", out);
    conv(name + ".conv2", out, out, 3);
    if (in != out) {
      conv(name + ".conv_shortcut", out, in, 1);
    }
  }
}
