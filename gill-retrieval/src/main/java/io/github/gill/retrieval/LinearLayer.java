package io.github.gill.retrieval;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.FloatTensors;

/**
 * y = Wx + b in fp32, summed in fp64.
 *
 * <p>The layers here are one vector long and a million numbers at most, so they stay on the heap: a
 * call takes a millisecond and owns nothing native.
 */
final class LinearLayer {

  private final float[] weight;
  private final float[] bias;
  private final int inputs;

  /**
   * Makes a layer.
   *
   * @param weight out × in in row-major order; kept
   * @param bias out numbers; kept
   */
  LinearLayer(float[] weight, float[] bias) {
    this.weight = weight;
    this.bias = bias;
    this.inputs = weight.length / bias.length;
  }

  /** Reads {@code name.weight} and {@code name.bias}, whose shapes were checked. */
  static LinearLayer read(Checkpoint checkpoint, String name) {
    return new LinearLayer(
        FloatTensors.read(checkpoint, name + ".weight"),
        FloatTensors.read(checkpoint, name + ".bias"));
  }

  int inputs() {
    return inputs;
  }

  int outputs() {
    return bias.length;
  }

  float[] weight() {
    return weight;
  }

  float[] bias() {
    return bias;
  }

  float[] apply(float[] input) {
    if (input.length != inputs) {
      throw new IllegalArgumentException(input.length + " numbers given, expected " + inputs);
    }
    float[] output = new float[bias.length];
    for (int row = 0; row < output.length; row++) {
      double sum = bias[row];
      int offset = row * inputs;
      for (int i = 0; i < inputs; i++) {
        sum += (double) weight[offset + i] * input[i];
      }
      output[row] = (float) sum;
    }
    return output;
  }
}
