package io.github.gill.examples.eval.metrics;

import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;

/** Features of a collection of pictures on their way into a program. */
final class Features {

  private Features() {}

  /**
   * Copies two collections into (N, D) and (M, D) tensors of fp32.
   *
   * @throws IllegalArgumentException if rows are fewer than two, differ in length or are not finite
   */
  static Value[] tensors(Scope scope, double[][] a, double[][] b) {
    int width = a.length == 0 ? 0 : a[0].length;
    return new Value[] {tensor(scope, a, width), tensor(scope, b, width)};
  }

  private static Value tensor(Scope scope, double[][] rows, int width) {
    if (rows.length < 2 || width == 0) {
      throw new IllegalArgumentException(
          "a collection has %d rows of %d features; give at least 2 pictures"
              .formatted(rows.length, width));
    }
    float[] values = new float[Math.multiplyExact(rows.length, width)];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != width) {
        throw new IllegalArgumentException(
            "row %d has %d features, the first has %d; use one network for all"
                .formatted(i, rows[i].length, width));
      }
      for (int j = 0; j < width; j++) {
        values[i * width + j] = (float) rows[i][j];
        if (!Float.isFinite(values[i * width + j])) {
          throw new IllegalArgumentException(
              "feature %d of row %d is %s".formatted(j, i, rows[i][j]));
        }
      }
    }
    return scope.floats(values, rows.length, width);
  }
}
