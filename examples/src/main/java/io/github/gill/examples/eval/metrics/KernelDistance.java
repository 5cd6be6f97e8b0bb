package io.github.gill.examples.eval.metrics;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The kernel distance between two collections of features: KID over Inception features (Bińkowski
 * et al. 2018, section 4), unbiased for any number of pictures.
 *
 * <p>The squared maximum mean discrepancy under (x·y / D + 1)³, averaged over {@value #SUBSETS}
 * random subsets of at most {@value #SUBSET} pictures. Computed in fp64.
 */
public final class KernelDistance {

  private static final int SUBSETS = 100;
  private static final int SUBSET = 1000;

  private KernelDistance() {}

  /**
   * A distance.
   *
   * @param mean over subsets; around 0 for samples of one distribution, also below it
   * @param deviation the standard deviation over subsets
   */
  public record Estimate(double mean, double deviation) {}

  /**
   * Measures a distance.
   *
   * @param a features of one collection, N rows of D numbers, N at least 2; rounded to fp32
   * @param b features of the other, M rows of D numbers, M at least 2
   * @param seed where the drawing of subsets begins
   * @return the distance
   * @throws IllegalArgumentException if rows are too few, differ in length or are not finite
   */
  public static Estimate between(double[][] a, double[][] b, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int size = Math.min(SUBSET, Math.min(a.length, b.length));
    try (Program program = Program.load(KernelDistance.class, "collections.py");
        Scope scope = new Scope()) {
      Value[] features = Features.tensors(scope, a, b);
      Value rowsA = scope.longs(subsets(random, a.length, size), SUBSETS, size);
      Value rowsB = scope.longs(subsets(random, b.length, size), SUBSETS, size);
      float[] distances =
          program.call(scope, "kernel", features[0], features[1], rowsA, rowsB).toFloats();
      double mean = IntStream.range(0, SUBSETS).mapToDouble(i -> distances[i]).sum() / SUBSETS;
      double squares =
          IntStream.range(0, SUBSETS).mapToDouble(i -> Math.pow(distances[i] - mean, 2)).sum();
      return new Estimate(mean, Math.sqrt(squares / SUBSETS));
    }
  }

  /** Draws rows without replacement by the first steps of a shuffle. */
  private static long[] subsets(SplittableRandom random, int count, int size) {
    long[] rows = IntStream.range(0, count).asLongStream().toArray();
    long[] subsets = new long[SUBSETS * size];
    for (int s = 0; s < SUBSETS; s++) {
      for (int i = 0; i < size; i++) {
        int other = random.nextInt(i, count);
        long row = rows[other];
        rows[other] = rows[i];
        rows[i] = row;
      }
      System.arraycopy(rows, 0, subsets, s * size, size);
    }
    return subsets;
  }
}
