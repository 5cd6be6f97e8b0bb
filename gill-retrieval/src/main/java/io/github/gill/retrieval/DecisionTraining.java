package io.github.gill.retrieval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trains a {@link DecisionHead} from labelled prompts and measures it by cross-validation.
 *
 * <p>The defaults improve on the original's recipe, which is {@link Builder#original}: prompts are
 * few for so many features, which linear discriminant analysis bears better than gradient descent;
 * labels are unbalanced, states have a few directions far larger than the rest, and one half is not
 * the threshold of the best macro F1. Everything follows from the examples and the seed, on every
 * machine. Immutable and thread-safe.
 */
public final class DecisionTraining {

  private static final int BINS = 10;

  private final double shrinkage;
  private final int steps;
  private final double learningRate;
  private final double weightDecay;
  private final double dropout;
  private final int folds;
  private final boolean classWeights;
  private final boolean standardise;
  private final boolean chooseThreshold;
  private final boolean topScore;
  private final long seed;

  private DecisionTraining(Builder builder) {
    shrinkage = builder.shrinkage;
    steps = builder.steps;
    learningRate = builder.learningRate;
    weightDecay = builder.weightDecay;
    dropout = builder.dropout;
    folds = builder.folds;
    classWeights = builder.classWeights;
    standardise = builder.standardise;
    chooseThreshold = builder.chooseThreshold;
    topScore = builder.topScore;
    seed = builder.seed;
  }

  /**
   * Starts with the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Trains on all examples, with the threshold of {@link #crossValidate}.
   *
   * @param examples at least as many of each label as there are folds
   * @return the head; {@link DecisionHead#write} saves it
   * @throws IllegalArgumentException if examples differ in length, are not finite or too few
   */
  public DecisionHead train(List<DecisionExample> examples) {
    return train(examples, chooseThreshold ? crossValidate(examples).threshold() : 0.5f);
  }

  /**
   * Trains on all examples.
   *
   * @param examples at least as many of each label as there are folds
   * @param threshold the probability from which to retrieve, above 0 and below 1, usually {@link
   *     DecisionReport#threshold}
   * @return the head; {@link DecisionHead#write} saves it
   * @throws IllegalArgumentException if examples differ in length, are not finite or too few
   */
  public DecisionHead train(List<DecisionExample> examples, float threshold) {
    int classes = check(examples);
    return new DecisionHead(fit(examples, classes, seed), topScore, threshold);
  }

  /**
   * Trains as many heads as there are folds, each on the examples outside one fold, and measures
   * each on its fold.
   *
   * <p>The threshold that a fold is measured with is chosen on the other folds' held-out
   * probabilities. Folds have the same share of each label.
   *
   * @param examples as {@link #train} takes them
   * @return what came out
   * @throws IllegalArgumentException as {@link #train}
   */
  public DecisionReport crossValidate(List<DecisionExample> examples) {
    int classes = check(examples);
    int[] fold = assign(examples, classes);
    float[][] probabilities = new float[examples.size()][];
    for (int f = 0; f < folds; f++) {
      int held = f;
      List<DecisionExample> others =
          select(fold, i -> fold[i] != held).mapToObj(examples::get).toList();
      DecisionHead head = new DecisionHead(fit(others, classes, seed + 1 + f), topScore, 0.5f);
      select(fold, i -> fold[i] == held)
          .forEach(i -> probabilities[i] = head.probabilities(examples.get(i).features()));
    }
    int[][] confusion = new int[classes][classes];
    List<Double> scores = new ArrayList<>();
    for (int f = 0; f < folds; f++) {
      int held = f;
      float threshold =
          threshold(examples, probabilities, select(fold, i -> fold[i] != held).toArray());
      int[][] own =
          confusion(
              examples, probabilities, select(fold, i -> fold[i] == held).toArray(), threshold);
      scores.add(DecisionReport.macroF1(own));
      for (int row = 0; row < classes; row++) {
        Arrays.setAll(confusion[row], add(confusion[row], own[row]));
      }
    }
    int[] all = IntStream.range(0, examples.size()).toArray();
    return new DecisionReport(
        Arrays.stream(confusion).map(row -> Arrays.stream(row).boxed().toList()).toList(),
        scores,
        threshold(examples, probabilities, all),
        calibrationError(examples, probabilities));
  }

  private static java.util.function.IntUnaryOperator add(int[] a, int[] b) {
    return i -> a[i] + b[i];
  }

  private static IntStream select(int[] fold, java.util.function.IntPredicate chosen) {
    return IntStream.range(0, fold.length).filter(chosen);
  }

  private int check(List<DecisionExample> examples) {
    int[] counts = new int[3];
    for (int i = 0; i < examples.size(); i++) {
      DecisionExample example = examples.get(i);
      counts[example.label()]++;
      float[] features = example.features();
      int expected = examples.get(0).features().length;
      if (features.length != expected || expected == 0) {
        throw new IllegalArgumentException(
            "example %d has %d features, example 0 has %d; give all the same number, 1 or more"
                .formatted(i, features.length, expected));
      }
      for (int j = 0; j < features.length; j++) {
        if (!Float.isFinite(features[j])) {
          throw new IllegalArgumentException(
              "example %d: feature %d is %s; use finite numbers or leave the example out"
                  .formatted(i, j, features[j]));
        }
      }
    }
    int classes = counts[2] == 0 ? 2 : 3;
    for (int c = 0; c < classes; c++) {
      if (counts[c] < folds) {
        throw new IllegalArgumentException(
            "label %d has %d examples, %d folds need at least as many; label more or use fewer folds"
                .formatted(c, counts[c], folds));
      }
    }
    return classes;
  }

  private int[] assign(List<DecisionExample> examples, int classes) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    int[] fold = new int[examples.size()];
    int[] next = new int[classes];
    for (int i : order) {
      fold[i] = next[examples.get(i).label()]++ % folds;
    }
    return fold;
  }

  private LinearLayer fit(List<DecisionExample> examples, int classes, long fitSeed) {
    float[][] rows = examples.stream().map(DecisionExample::features).toArray(float[][]::new);
    int[] labels = examples.stream().mapToInt(DecisionExample::label).toArray();
    int[] counts = new int[classes];
    IntStream.of(labels).forEach(label -> counts[label]++);
    Standardisation scales = standardise ? Standardisation.of(rows) : null;
    float[][] inputs = scales == null ? rows : scales.apply(rows);
    LinearLayer layer =
        shrinkage > 0
            ? new ShrunkDiscriminant(inputs, labels, classes, shrinkage).fit(shares(counts))
            : new SoftmaxRegression(inputs, labels, weights(counts), dropout, fitSeed)
                .fit(steps, learningRate, weightDecay);
    return scales == null ? layer : scales.foldInto(layer);
  }

  /** How often each label is expected: alike if rare labels count more, else as in the examples. */
  private double[] shares(int... counts) {
    double total = IntStream.of(counts).sum();
    return IntStream.of(counts)
        .mapToDouble(count -> classWeights ? 1.0 / counts.length : count / total)
        .toArray();
  }

  /** What an example of each label counts. */
  private double[] weights(int... counts) {
    double total = IntStream.of(counts).sum();
    return IntStream.of(counts)
        .mapToDouble(count -> classWeights ? total / ((double) counts.length * count) : 1)
        .toArray();
  }

  /** The probability, in whole percents, that gives the best macro F1. */
  private float threshold(List<DecisionExample> examples, float[][] probabilities, int[] among) {
    if (!chooseThreshold || probabilities[0].length != 2) {
      return 0.5f;
    }
    float best = 0.5f;
    double bestScore = DecisionReport.macroF1(confusion(examples, probabilities, among, best));
    for (int percent = 1; percent < 100; percent++) {
      float candidate = percent / 100f;
      double score = DecisionReport.macroF1(confusion(examples, probabilities, among, candidate));
      boolean nearer = Math.abs(candidate - 0.5f) < Math.abs(best - 0.5f);
      if (score > bestScore || (score == bestScore && nearer)) {
        best = candidate;
        bestScore = score;
      }
    }
    return best;
  }

  private static int[][] confusion(
      List<DecisionExample> examples, float[][] probabilities, int[] among, float threshold) {
    int classes = probabilities[0].length;
    int[][] confusion = new int[classes][classes];
    for (int i : among) {
      float[] p = probabilities[i];
      int decided = classes == 2 ? (p[1] > threshold ? 1 : 0) : largest(p);
      confusion[examples.get(i).label()][decided]++;
    }
    return confusion;
  }

  private static int largest(float[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      largest = values[i] > values[largest] ? i : largest;
    }
    return largest;
  }

  private static double calibrationError(List<DecisionExample> examples, float[][] probabilities) {
    double[] surplus = new double[BINS];
    for (int i = 0; i < probabilities.length; i++) {
      int decided = largest(probabilities[i]);
      float confidence = probabilities[i][decided];
      int bin = Math.min(BINS - 1, (int) (confidence * BINS));
      surplus[bin] += confidence - (decided == examples.get(i).label() ? 1 : 0);
    }
    return Arrays.stream(surplus).map(Math::abs).sum() / probabilities.length;
  }

  /** How to train. */
  public static final class Builder {
    private double shrinkage = 0.2;
    private int steps = 2000;
    private double learningRate = 1e-3;
    private double weightDecay;
    private double dropout = 0.5;
    private int folds = 5;
    private boolean classWeights = true;
    private boolean standardise = true;
    private boolean chooseThreshold = true;
    private boolean topScore;
    private long seed = 1337;

    private Builder() {}

    /**
     * Asks for the original's recipe: gradient descent with its steps, learning rate and dropout;
     * no class weights, no standardisation, no chosen threshold, no score.
     *
     * @return this builder
     */
    public Builder original() {
      return shrinkage(0)
          .steps(2000)
          .learningRate(1e-3)
          .weightDecay(0)
          .dropout(0.5)
          .classWeights(false)
          .standardise(false)
          .chooseThreshold(false)
          .topScore(false);
    }

    /**
     * Sets how much of the labels' covariance is replaced by a sphere in linear discriminant
     * analysis. With 0 the head is trained by gradient descent, as the original's. Default: 0.2.
     *
     * @param value 0 to 1
     * @return this builder
     */
    public Builder shrinkage(double value) {
      shrinkage = value;
      return this;
    }

    /**
     * Sets how many steps gradient descent takes, each over all examples. Default: 2000, as the
     * original.
     *
     * @param value at least 1
     * @return this builder
     */
    public Builder steps(int value) {
      steps = value;
      return this;
    }

    /**
     * Sets AdamW's learning rate. Default: 0.001, as the original.
     *
     * @param value positive
     * @return this builder
     */
    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    /**
     * Sets AdamW's decoupled weight decay. Default: 0, as the original.
     *
     * @param value not negative
     * @return this builder
     */
    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    /**
     * Sets which share of the features each step of gradient descent leaves out. Default: 0.5, as
     * the original.
     *
     * @param value 0 to 0.99
     * @return this builder
     */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /**
     * Sets into how many parts examples are divided for cross-validation. Default: 5.
     *
     * @param value at least 2
     * @return this builder
     */
    public Builder folds(int value) {
      folds = value;
      return this;
    }

    /**
     * Sets whether examples of rare labels count more, so that every label counts the same in all.
     * Default: true.
     *
     * @param value true for the same weight of every label, false for that of every example
     * @return this builder
     */
    public Builder classWeights(boolean value) {
      classWeights = value;
      return this;
    }

    /**
     * Sets whether features are brought to mean 0 and variance 1 while training; the head takes
     * them as they are all the same. Default: true.
     *
     * @param value true to bring them there
     * @return this builder
     */
    public Builder standardise(boolean value) {
      standardise = value;
      return this;
    }

    /**
     * Sets whether the threshold of retrieval is chosen by cross-validation; with three labels
     * there is no threshold. Default: true.
     *
     * @param value true to choose it, false for one half
     * @return this builder
     */
    public Builder chooseThreshold(boolean value) {
      chooseThreshold = value;
      return this;
    }

    /**
     * Sets whether the last feature of each example is the score of the best candidate, as the head
     * then expects it. Default: false.
     *
     * @param value true if the last feature is that score
     * @return this builder
     */
    public Builder topScore(boolean value) {
      topScore = value;
      return this;
    }

    /**
     * Sets the seed of all randomness. Default: 1337.
     *
     * @param value any number
     * @return this builder
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Checks the settings.
     *
     * @return the training
     * @throws IllegalArgumentException if a setting is out of its range
     */
    public DecisionTraining build() {
      require(shrinkage >= 0 && shrinkage <= 1, "shrinkage", shrinkage, "0 to 1");
      require(steps >= 1, "steps", steps, "at least 1");
      require(
          learningRate > 0 && Double.isFinite(learningRate),
          "learningRate",
          learningRate,
          "positive");
      require(
          weightDecay >= 0 && Double.isFinite(weightDecay),
          "weightDecay",
          weightDecay,
          "not negative");
      require(dropout >= 0 && dropout <= 0.99, "dropout", dropout, "0 to 0.99");
      require(folds >= 2, "folds", folds, "at least 2");
      return new DecisionTraining(this);
    }

    private static void require(boolean holds, String name, Object value, String expected) {
      if (!holds) {
        throw new IllegalArgumentException(name + " is " + value + ", must be " + expected);
      }
    }
  }
}
