package io.github.gill.examples.eval;

import io.github.gill.examples.eval.Scores.Column;
import io.github.gill.examples.eval.metrics.Interval;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Scores and the names of systems as the report spells them. */
final class ScoreText {

  private final Scores scores;

  ScoreText(Scores scores) {
    this.scores = scores;
  }

  /** A task's systems as the paper orders them: baselines, maps, GILL; chance comes last. */
  List<String> systems(String task) {
    return scores.systems(task).stream().sorted(Comparator.comparing(ScoreText::place)).toList();
  }

  private static int place(String system) {
    return system.equals(Tasks.CHANCE)
        ? 4
        : system.equals(EvaluatedModel.OWN)
            ? 3
            : PaperClaims.SIMPLER.containsKey(system) ? 2 : system.equals(Tasks.BASELINE) ? 0 : 1;
  }

  static String title(String system) {
    return PaperClaims.SIMPLER.getOrDefault(system, system);
  }

  /** A mean with its error over runs and its interval over items, or a dash. */
  String figure(Column column) {
    Optional<Interval> mean = scores.mean(column);
    if (mean.isEmpty()) {
      return "–";
    }
    String error =
        scores.overRuns(column).map(e -> String.format(Locale.ROOT, " ± %.3f", e)).orElse("");
    Interval interval = mean.get();
    return minus(
        String.format(
            Locale.ROOT,
            "%.3f%s (%.3f to %.3f)",
            interval.mean(),
            error,
            interval.low(),
            interval.high()));
  }

  static String minus(String figure) {
    return figure.replace('-', '−');
  }

  /** A distance of collections: one number a run, so nothing to resample. */
  String distance(Column column) {
    String error =
        scores.overRuns(column).map(e -> String.format(Locale.ROOT, " ± %.4f", e)).orElse("");
    return scores
        .mean(column)
        .map(mean -> minus(String.format(Locale.ROOT, "%.4f%s", mean.mean(), error)))
        .orElse("–");
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
