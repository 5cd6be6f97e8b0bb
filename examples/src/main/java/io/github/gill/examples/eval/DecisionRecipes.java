package io.github.gill.examples.eval;

import io.github.gill.examples.eval.EvaluationData.Voted;
import io.github.gill.examples.eval.data.Vote;
import io.github.gill.retrieval.DecisionExample;
import io.github.gill.retrieval.DecisionTraining;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Ways of training a decision head, measured on the same features and folds. */
final class DecisionRecipes {

  static final int FOLDS = 5;
  static final int REPEATS = 3;
  static final String CONTEXT = FOLDS + " folds × " + REPEATS;

  /** Gradient descent as the original does it. */
  static final String ORIGINAL = "original recipe";

  /** This library's defaults on the same features. */
  static final String OWN = "train-decision";

  /** With one feature more. */
  static final String WITH_SCORE = "train-decision --top-score";

  private final List<Voted> items;
  private final Function<String, DecisionFeatures> features;
  private final long seed;
  private @Nullable List<DecisionFeatures> seen;

  /**
   * Prepares the comparison.
   *
   * @param items prompts with a label
   * @param features what a head sees of a prompt, asked for when it is first needed
   * @param seed where folds and training begin
   */
  DecisionRecipes(List<Voted> items, Function<String, DecisionFeatures> features, long seed) {
    this.items = items;
    this.features = features;
    this.seed = seed;
  }

  /** The ways, none if labels are too few to divide. */
  List<String> names() {
    boolean enough =
        items.stream().map(Voted::vote).distinct().count() == 2
            && items.stream().map(Voted::vote).distinct().allMatch(v -> count(v) >= FOLDS);
    return enough ? List.of(ORIGINAL, OWN, WITH_SCORE) : List.of();
  }

  private long count(Vote vote) {
    return items.stream().filter(item -> item.vote() == vote).count();
  }

  /** The macro F1 of every fold of every repetition. */
  List<Double> foldScores(String name) {
    boolean score = name.equals(WITH_SCORE);
    List<DecisionExample> examples = examples(score);
    DecisionTraining.Builder training = DecisionTraining.builder();
    if (name.equals(ORIGINAL)) {
      training.original();
    }
    training.folds(FOLDS).topScore(score);
    List<Double> scores = new ArrayList<>();
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      long own = seed + 1000L * repeat;
      scores.addAll(training.seed(own).build().crossValidate(examples).foldMacroF1());
    }
    return scores;
  }

  private List<DecisionExample> examples(boolean score) {
    List<DecisionFeatures> all = seen;
    if (all == null) {
      all = items.stream().map(item -> features.apply(item.text())).toList();
      seen = all;
    }
    List<DecisionExample> examples = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      DecisionFeatures own = all.get(i);
      if (score && own.topScore().isEmpty()) {
        throw new Tasks.Unmeasured("the model has no candidates to score");
      }
      examples.add(
          new DecisionExample(score ? own.withScore() : own.state(), items.get(i).vote().label()));
    }
    return examples;
  }
}
