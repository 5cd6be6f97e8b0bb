package io.github.gill.retrieval;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Fits a linear layer under a softmax by AdamW over the whole batch, with dropout on its inputs.
 *
 * <p>One thread and one random stream: the same examples and seed give the same weights everywhere.
 */
final class SoftmaxRegression {

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final float[][] rows;
  private final int[] labels;
  private final double[] rowWeights;
  private final int classes;
  private final int inputs;
  private final SplittableRandom random;

  /** One factor per byte of randomness: 0 to drop an input, or what keeps the mean. */
  private final float[] dropout = new float[256];

  private final float[] weight;
  private final float[] gradient;
  private final double[] mean;
  private final double[] variance;

  /**
   * Prepares a fit.
   *
   * @param rows examples of equal length, at least one
   * @param labels one per row, 0 to classes − 1
   * @param classWeights what an example of each class counts
   * @param dropped the share of inputs that each step leaves out, 0 to less than 1, in steps of
   *     1/256
   * @param seed of initial weights and dropout
   */
  SoftmaxRegression(
      float[][] rows, int[] labels, double[] classWeights, double dropped, long seed) {
    this.rows = rows;
    this.labels = labels;
    this.classes = classWeights.length;
    this.inputs = rows[0].length;
    this.random = new SplittableRandom(seed);
    int drop = (int) Math.round(dropped * 256);
    Arrays.fill(dropout, drop, 256, 256f / (256 - drop));
    double total = Arrays.stream(labels).mapToDouble(label -> classWeights[label]).sum();
    rowWeights = Arrays.stream(labels).mapToDouble(label -> classWeights[label] / total).toArray();
    // Weights of class c begin at c · (inputs + 1), its bias comes last.
    weight = new float[classes * (inputs + 1)];
    gradient = new float[weight.length];
    mean = new double[weight.length];
    variance = new double[weight.length];
    double bound = 1 / Math.sqrt(inputs);
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) random.nextDouble(-bound, bound);
    }
  }

  LinearLayer fit(int steps, double learningRate, double weightDecay) {
    for (int step = 1; step <= steps; step++) {
      accumulateGradient();
      descend(step, learningRate, weightDecay);
    }
    float[] matrix = new float[classes * inputs];
    float[] bias = new float[classes];
    for (int c = 0; c < classes; c++) {
      System.arraycopy(weight, c * (inputs + 1), matrix, c * inputs, inputs);
      bias[c] = weight[c * (inputs + 1) + inputs];
    }
    return new LinearLayer(matrix, bias);
  }

  /** Gradient of the weighted mean cross-entropy: (softmax − one-hot) ⊗ input, summed over rows. */
  private void accumulateGradient() {
    Arrays.fill(gradient, 0);
    float[] kept = new float[inputs];
    double[] logits = new double[classes];
    for (int n = 0; n < rows.length; n++) {
      drop(rows[n], kept);
      for (int c = 0; c < classes; c++) {
        int at = c * (inputs + 1);
        logits[c] = dot(weight, at, kept) + weight[at + inputs];
      }
      softmax(logits);
      for (int c = 0; c < classes; c++) {
        double error = (logits[c] - (labels[n] == c ? 1 : 0)) * rowWeights[n];
        int at = c * (inputs + 1);
        float slope = (float) error;
        for (int i = 0; i < inputs; i++) {
          gradient[at + i] += slope * kept[i];
        }
        gradient[at + inputs] += slope;
      }
    }
  }

  private void drop(float[] row, float[] kept) {
    long bits = 0;
    for (int i = 0; i < inputs; i++) {
      bits = (i & 7) == 0 ? random.nextLong() : bits >>> 8;
      kept[i] = row[i] * dropout[(int) bits & 0xff];
    }
  }

  /** Four sums side by side, which the processor overlaps. */
  private static double dot(float[] a, int at, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 3 < b.length; i += 4) {
      s0 += a[at + i] * b[i];
      s1 += a[at + i + 1] * b[i + 1];
      s2 += a[at + i + 2] * b[i + 2];
      s3 += a[at + i + 3] * b[i + 3];
    }
    for (; i < b.length; i++) {
      s0 += a[at + i] * b[i];
    }
    return (double) s0 + s1 + s2 + s3;
  }

  private static void softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double sum = 0;
    for (int c = 0; c < logits.length; c++) {
      logits[c] = Math.exp(logits[c] - largest);
      sum += logits[c];
    }
    for (int c = 0; c < logits.length; c++) {
      logits[c] /= sum;
    }
  }

  private void descend(int step, double learningRate, double weightDecay) {
    double first = 1 - Math.pow(BETA1, step);
    double second = 1 - Math.pow(BETA2, step);
    for (int i = 0; i < weight.length; i++) {
      double g = gradient[i];
      mean[i] = BETA1 * mean[i] + (1 - BETA1) * g;
      variance[i] = BETA2 * variance[i] + (1 - BETA2) * g * g;
      double update = mean[i] / first / (Math.sqrt(variance[i] / second) + EPSILON);
      weight[i] = (float) (weight[i] * (1 - learningRate * weightDecay) - learningRate * update);
    }
  }
}
