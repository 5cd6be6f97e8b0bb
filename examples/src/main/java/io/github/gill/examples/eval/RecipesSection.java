package io.github.gill.examples.eval;

import io.github.gill.examples.eval.Claim.Evidence;
import io.github.gill.examples.eval.Scores.Column;
import io.github.gill.examples.eval.metrics.Bootstrap;
import io.github.gill.examples.eval.metrics.CrossValidation;
import io.github.gill.examples.eval.metrics.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Ways of training the head that decides. */
final class RecipesSection implements Section {

  private final Scores scores;

  RecipesSection(Scores scores) {
    this.scores = scores;
  }

  @Override
  public void write(ReportBody body) {
    Map<String, Column> columns = new LinkedHashMap<>();
    for (String name : scores.systems(Tasks.RECIPES)) {
      columns.put(name, new Column(Tasks.RECIPES, DecisionRecipes.CONTEXT, name, Tasks.MACRO_F1));
    }
    if (!columns.containsKey(DecisionRecipes.ORIGINAL)) {
      return;
    }
    double[] original = folds(columns.get(DecisionRecipes.ORIGINAL));
    body.heading(2, "Training the head that decides");
    body.paragraph(
        "The same prompts again, now to train on: %s of each way of training, all on the same folds and,"
                .formatted(DecisionRecipes.CONTEXT)
            + " but for the last, on the same features, the state of [IMG0]. The original recipe is"
            + " gradient descent with dropout; train-decision solves a shrunk discriminant with"
            + " equal weights for both labels and chooses its threshold on the other folds; with"
            + " --top-score the head sees the best candidate's score, too. Intervals are corrected"
            + " for what folds share (Nadeau and Bengio 2003).");
    List<List<String>> rows = new ArrayList<>();
    columns.forEach(
        (name, column) -> {
          double[] own = folds(column);
          Interval gain = CrossValidation.difference(own, original, DecisionRecipes.FOLDS);
          boolean first = name.equals(DecisionRecipes.ORIGINAL);
          rows.add(
              List.of(
                  name,
                  ScoreText.number(Arrays.stream(own).average().orElseThrow())
                      + " ± "
                      + ScoreText.number(Bootstrap.standardError(own) * Math.sqrt(own.length)),
                  first ? "–" : new Evidence(name, gain, Double.NaN).figure(),
                  first ? "" : new Evidence(name, gain, Double.NaN).verdict().toString()));
        });
    body.table(
        List.of("", "macro F1 ↑ ± deviation over folds", "gain over the original recipe", ""),
        rows);
  }

  private double[] folds(@Nullable Column column) {
    return scores.column(Objects.requireNonNull(column)).values().stream()
        .flatMap(result -> Objects.requireNonNull(result.scores().get(Tasks.MACRO_F1)).stream())
        .mapToDouble(Double::doubleValue)
        .toArray();
  }
}
