package io.github.gill.retrieval;

/**
 * Features brought to mean 0 and variance 1, and the way back.
 *
 * @param mean of each feature
 * @param deviation of each feature, 1 for one that never changes
 */
@SuppressWarnings("ArrayRecordComponent") // Never leaves training.
record Standardisation(double[] mean, double[] deviation) {

  static Standardisation of(float[][] rows) {
    double[] mean = new double[rows[0].length];
    double[] deviation = new double[mean.length];
    for (int i = 0; i < mean.length; i++) {
      double sum = 0;
      for (float[] row : rows) {
        sum += row[i];
      }
      mean[i] = sum / rows.length;
      double squares = 0;
      for (float[] row : rows) {
        squares += (row[i] - mean[i]) * (row[i] - mean[i]);
      }
      double found = Math.sqrt(squares / rows.length);
      deviation[i] = found > 1e-6 * Math.max(1, Math.abs(mean[i])) ? found : 1;
    }
    return new Standardisation(mean, deviation);
  }

  float[][] apply(float[][] rows) {
    float[][] scaled = new float[rows.length][mean.length];
    for (int n = 0; n < rows.length; n++) {
      for (int i = 0; i < mean.length; i++) {
        scaled[n][i] = (float) ((rows[n][i] - mean[i]) / deviation[i]);
      }
    }
    return scaled;
  }

  /** Turns a layer for standardised features into the same layer for features as they are. */
  LinearLayer foldInto(LinearLayer layer) {
    float[] weight = layer.weight().clone();
    float[] bias = layer.bias().clone();
    for (int c = 0; c < bias.length; c++) {
      double shift = 0;
      for (int i = 0; i < mean.length; i++) {
        double w = weight[c * mean.length + i] / deviation[i];
        weight[c * mean.length + i] = (float) w;
        shift += w * mean[i];
      }
      bias[c] -= (float) shift;
    }
    return new LinearLayer(weight, bias);
  }
}
