package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DecisionTrainingTest {

  private static final int FEATURES = 24;

  /** Normal clouds, one per label, whose centres lie apart along their own axis. */
  private static List<DecisionExample> clouds(long seed, double apart, int... counts) {
    Random random = new Random(seed);
    List<DecisionExample> examples = new ArrayList<>();
    for (int label = 0; label < counts.length; label++) {
      for (int i = 0; i < counts[label]; i++) {
        float[] features = new float[FEATURES];
        for (int j = 0; j < FEATURES; j++) {
          // One feature dwarfs the rest and says nothing, as in language models' states.
          double size = j == FEATURES - 1 ? 50 : 1;
          features[j] = (float) (size * random.nextGaussian() + (j == label ? apart : 0));
        }
        examples.add(new DecisionExample(features, label));
      }
    }
    return examples;
  }

  private static DecisionTraining.Builder quick() {
    return DecisionTraining.builder().steps(300).learningRate(1e-2);
  }

  @Test
  void separatesWhatIsSeparable() {
    for (int[] counts : new int[][] {{60, 60}, {50, 50, 50}}) {
      DecisionReport report = quick().build().crossValidate(clouds(1, 8, counts));
      assertTrue(report.macroF1() > 0.97, "macro F1 " + report.macroF1());
      assertEquals(5, report.foldMacroF1().size());
      int total = report.confusion().stream().flatMap(List::stream).mapToInt(i -> i).sum();
      assertEquals(IntStream.of(counts).sum(), total);
    }
    DecisionHead head = quick().build().train(clouds(1, 8, 50, 50, 50));
    List<Decision> decided =
        IntStream.range(0, 3)
            .mapToObj(
                label -> {
                  float[] centre = new float[FEATURES];
                  centre[label] = 8;
                  return head.decide(centre).decision();
                })
            .toList();
    assertEquals(List.of(Decision.GENERATE, Decision.RETRIEVE, Decision.SAME), decided);
  }

  @Test
  void learnsNothingFromNoise() {
    DecisionReport report = quick().build().crossValidate(clouds(2, 0, 150, 150));
    assertTrue(Math.abs(report.accuracy() - 0.5) < 0.12, "accuracy " + report.accuracy());
  }

  @Test
  void improvesOnTheOriginalsRecipeWhereLabelsAreUnbalanced() {
    List<DecisionExample> examples = clouds(3, 2, 400, 40);
    double original =
        DecisionTraining.builder().original().build().crossValidate(examples).macroF1();
    DecisionReport ours = quick().build().crossValidate(examples);
    assertTrue(ours.macroF1() > original + 0.03, ours.macroF1() + " against " + original);
  }

  @Test
  void choosesAThresholdThatHelps() {
    List<DecisionExample> examples = clouds(4, 1.5, 300, 30);
    DecisionTraining.Builder builder = quick().classWeights(false);
    DecisionReport half = builder.chooseThreshold(false).build().crossValidate(examples);
    DecisionReport chosen = builder.chooseThreshold(true).build().crossValidate(examples);
    assertEquals(0.5f, half.threshold());
    assertTrue(chosen.threshold() < 0.5f, "threshold " + chosen.threshold());
    assertTrue(chosen.macroF1() > half.macroF1(), chosen.macroF1() + " against " + half.macroF1());
    assertEquals(chosen.threshold(), builder.build().train(examples).threshold());
  }

  @Test
  void followsFromItsSeed() {
    List<DecisionExample> examples = clouds(5, 2, 40, 40);
    float[] state = examples.get(7).features();
    float[] first = quick().shrinkage(0).build().train(examples).probabilities(state);
    assertArrayEquals(first, quick().shrinkage(0).build().train(examples).probabilities(state), 0);
    float[] other = quick().shrinkage(0).seed(2).build().train(examples).probabilities(state);
    assertTrue(first[0] != other[0]);
    assertEquals(
        quick().shrinkage(0).build().crossValidate(examples),
        quick().shrinkage(0).build().crossValidate(examples));
  }

  /** Compares with the inverse of the shrunk covariance, worked out by hand. */
  @Test
  void solvesForTheDiscriminant() {
    float[][] rows = {{1, 0}, {3, 1}, {2, -1}, {-1, 1}, {-3, 0}, {-2, 2}};
    int[] labels = {0, 0, 0, 1, 1, 1};
    LinearLayer layer = new ShrunkDiscriminant(rows, labels, 2, 0.5).fit(new double[] {0.25, 0.75});
    // Means (2, 0) and (−2, 1); half of S and half of 2/3 · I is ((2/3, 1/6), (1/6, 2/3)).
    assertArrayEquals(new float[] {3.2f, -0.8f, -3.6f, 2.4f}, layer.weight(), 1e-5f);
    assertArrayEquals(
        new float[] {(float) Math.log(0.25) - 3.2f, (float) Math.log(0.75) - 4.8f},
        layer.bias(),
        1e-5f);
  }

  /** With fewer examples than features the discriminant still tells clouds apart. */
  @Test
  void needsFewerExamplesThanFeatures() {
    // Each half has 20 examples of 24 features.
    DecisionReport report = quick().folds(2).build().crossValidate(clouds(6, 8, 20, 20));
    assertTrue(report.macroF1() > 0.9, "macro F1 " + report.macroF1());
  }

  /** Gradient descent on the exact loss ends where the gradient, computed another way, is zero. */
  @Test
  void endsWhereTheLossIsLowest() {
    float[][] rows = {{1, 0}, {0.5f, 1}, {-1, 0.3f}, {0.2f, -1}, {-0.4f, 0.8f}, {0.9f, 0.1f}};
    int[] labels = {0, 1, 0, 1, 0, 1};
    double[] weights = {1, 3};
    LinearLayer layer = new SoftmaxRegression(rows, labels, weights, 0, 1).fit(20_000, 1e-3, 0);
    double best = loss(layer, rows, labels, weights);
    for (int i = 0; i < layer.weight().length; i++) {
      for (float step : new float[] {-0.02f, 0.02f}) {
        float[] moved = layer.weight().clone();
        moved[i] += step;
        assertTrue(loss(new LinearLayer(moved, layer.bias()), rows, labels, weights) > best);
      }
    }
    for (float step : new float[] {-0.02f, 0.02f}) {
      float[] moved = layer.bias().clone();
      moved[0] += step;
      assertTrue(loss(new LinearLayer(layer.weight(), moved), rows, labels, weights) > best);
    }
  }

  private static double loss(LinearLayer layer, float[][] rows, int[] labels, double[] weights) {
    double loss = 0;
    for (int n = 0; n < rows.length; n++) {
      float[] logits = layer.apply(rows[n]);
      double sum = Math.exp(logits[0]) + Math.exp(logits[1]);
      loss += weights[labels[n]] * (Math.log(sum) - logits[labels[n]]);
    }
    return loss;
  }

  @Test
  void foldsStandardisationIntoTheHead() {
    float[][] rows = {{1, 100, 7}, {3, 140, 7}, {2, 90, 7}};
    Standardisation scales = Standardisation.of(rows);
    LinearLayer layer = new LinearLayer(new float[] {1, -2, 3, 4, 5, 6}, new float[] {7, 8});
    LinearLayer folded = scales.foldInto(layer);
    for (int n = 0; n < rows.length; n++) {
      assertArrayEquals(
          layer.apply(scales.apply(rows)[n]), folded.apply(rows[n]), 1e-4f, "row " + n);
    }
  }

  @Test
  void computesMacroF1() {
    // Precision 3/4 and 2/4, recall 3/5 and 2/3.
    assertEquals(
        (2.0 / 3 + 4.0 / 7) / 2, DecisionReport.macroF1(new int[][] {{3, 2}, {1, 2}}), 1e-9);
    assertEquals(0.5, DecisionReport.macroF1(new int[][] {{5, 0}, {0, 0}}), 1e-9);
  }

  @Test
  void refusesWrongSettingsAndExamples() {
    refuses("shrinkage is 1.5, must be 0 to 1", () -> quick().shrinkage(1.5).build());
    refuses("steps is 0, must be at least 1", () -> quick().steps(0).build());
    refuses("dropout is 1.0, must be 0 to 0.99", () -> quick().dropout(1).build());
    refuses("folds is 1", () -> quick().folds(1).build());
    refuses("learningRate is NaN", () -> quick().learningRate(Double.NaN).build());
    refuses("weightDecay is -1.0", () -> quick().weightDecay(-1).build());
    refuses("label is 3", () -> new DecisionExample(new float[1], 3));
    refuses(
        "label 1 has 4 examples, 5 folds need at least as many",
        () -> quick().build().train(clouds(1, 1, 9, 4)));
    List<DecisionExample> mixed = new ArrayList<>(clouds(1, 1, 9, 9));
    mixed.add(new DecisionExample(new float[1], 0));
    refuses("example 18 has 1 features, example 0 has 24", () -> quick().build().train(mixed));
    List<DecisionExample> broken = new ArrayList<>(clouds(1, 1, 9, 9));
    broken.get(3).features()[2] = Float.NaN;
    refuses("example 3: feature 2 is NaN; use finite numbers", () -> quick().build().train(broken));
  }

  private static void refuses(String message, org.junit.jupiter.api.function.Executable call) {
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, call);
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
