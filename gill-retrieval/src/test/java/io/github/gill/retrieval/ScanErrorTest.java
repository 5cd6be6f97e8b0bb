package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bounds on what 16 and 8 bits take from a cosine, on which exactness rests. */
class ScanErrorTest {

  private static final String WIDENING =
      """
      def widen(self: __torch__.Net, x: Tensor) -> Tensor:
        return x.to(6)

      def both(self: __torch__.Net, rows: Tensor, steps: Tensor) -> Dict[str, Tensor]:
        d = annotate(Dict[str, Tensor], {})
        d["coarse.0"] = torch.view_copy(rows, dtype=1)
        d["steps.0"] = steps.to(15)
        return d
      """;

  @Test
  void staysUnderItsBound() {
    long seed = System.nanoTime();
    System.err.println("seed " + seed);
    Random random = new Random(seed);
    double worst = 0;
    for (int size : new int[] {1, 2, 3, 16, 64, 255, 256, 1024, 4096}) {
      for (int kind = 0; kind < 4; kind++) {
        for (KeyStorage storage : KeyStorage.values()) {
          double part = partOfBound(random, size, kind, storage);
          worst = Math.max(worst, part);
          assertTrue(part <= 1, size + " numbers, " + storage + ": " + part + ", seed " + seed);
        }
      }
    }
    System.err.println("the largest error is " + worst + " of its bound");
    assertTrue(worst > 0.2, "a bound that says little: " + worst);
  }

  private static double partOfBound(Random random, int size, int kind, KeyStorage storage) {
    int rows = 512;
    float[] query = vector(random, size, kind);
    float[] keys = new float[rows * size];
    for (int i = 0; i < rows; i++) {
      // Half of them close to the query, where cosines and so their rounding are largest.
      float[] key = vector(random, size, random.nextInt(4));
      for (int j = 0; i % 2 == 0 && j < size; j++) {
        key[j] = query[j] + 0.01f * key[j];
      }
      System.arraycopy(RetrievalHeads.normalised(key), 0, keys, i * size, size);
    }
    try (Program program = ScannedIndex.loadProgram();
        Program widening = Program.compile("widening", WIDENING);
        Scope scope = new Scope()) {
      Value unit = scope.floats(keys, rows, size);
      Value coarse;
      double rounding = 0;
      if (storage == KeyStorage.INT8) {
        List<Value> shrunk = program.call(scope, "shrink", unit).elements(scope);
        coarse = widening.call(scope, "both", shrunk.get(0), shrunk.get(1));
        rounding = shrunk.get(2).toFloats()[0];
      } else {
        Value exact = program.call(scope, "empty");
        coarse = program.call(scope, "empty");
        Value pieces = program.call(scope, "pieces");
        program.call(scope, "add", exact, pieces, unit);
        program.call(scope, "gather", coarse, pieces, "cpu");
      }
      Value scanned = program.call(scope, "scan", coarse, scope.floats(query, size));
      float[] rough = widening.call(scope, "widen", scanned).toFloats();
      double worst = 0;
      for (int i = 0; i < rows; i++) {
        double product = 0;
        for (int j = 0; j < size; j++) {
          product += (double) keys[i * size + j] * query[j];
        }
        worst = Math.max(worst, Math.abs(product - rough[i]));
      }
      return worst / storage.error(size, rounding);
    }
  }

  private static float[] vector(Random random, int size, int kind) {
    float[] vector = new float[size];
    for (int j = 0; j < size; j++) {
      vector[j] =
          switch (kind) {
            case 0 -> (float) random.nextGaussian();
            case 1 -> 1.0005f; // all rounded the same way
            case 2 -> (float) Math.exp(8 * random.nextGaussian()); // few large ones
            default -> random.nextFloat();
          };
    }
    return RetrievalHeads.normalised(vector);
  }
}
