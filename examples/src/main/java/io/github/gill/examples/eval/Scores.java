package io.github.gill.examples.eval;

import io.github.gill.examples.eval.metrics.Bootstrap;
import io.github.gill.examples.eval.metrics.Interval;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Asks results for figures. */
final class Scores {

  private static final long SEED = 1;

  private final Collection<Result> results;
  private final Map<Result.Key, Result> byKey = new HashMap<>();

  Scores(Collection<Result> results) {
    this.results = results;
    results.forEach(result -> byKey.put(result.key(), result));
  }

  /** Whose numbers: a task's in one context by one system. */
  record Column(String task, String context, String system, String score) {

    private boolean has(Result result) {
      return result.task().equals(task)
          && result.context().equals(context)
          && result.system().equals(system)
          && result.scores().containsKey(score);
    }
  }

  /** The systems of a task in the order in which they came. */
  Set<String> systems(String task) {
    Set<String> systems = new LinkedHashSet<>();
    for (Result result : results) {
      if (result.task().equals(task) && result.error() == null) {
        systems.add(result.system());
      }
    }
    return systems;
  }

  /** Whether a score was measured in a task. */
  boolean has(String task, String score) {
    return results.stream()
        .anyMatch(result -> result.task().equals(task) && result.scores().containsKey(score));
  }

  /** The results of a column, by item. */
  Map<String, Result> column(Column column) {
    Map<String, Result> own = new LinkedHashMap<>();
    for (Result result : results) {
      if (column.has(result)) {
        own.put(result.item(), result);
      }
    }
    return own;
  }

  /** One result, or null where there is none. */
  @Nullable Result of(Result.Key key) {
    return byKey.get(key);
  }

  /** Results that could not be made. */
  List<Result> failed() {
    return results.stream().filter(result -> result.error() != null).toList();
  }

  /** The mean over items of their means over runs. */
  Optional<Interval> mean(Column column) {
    double[] values = values(column(column), column.score());
    return values.length == 0 ? Optional.empty() : Optional.of(Bootstrap.mean(values, SEED));
  }

  /** The standard error over runs, as the paper gives it. */
  Optional<Double> overRuns(Column column) {
    List<List<Double>> runs = new ArrayList<>();
    for (Result result : column(column).values()) {
      List<Double> own = Objects.requireNonNull(result.scores().get(column.score()));
      for (int run = 0; run < own.size(); run++) {
        if (runs.size() <= run) {
          runs.add(new ArrayList<>());
        }
        runs.get(run).add(own.get(run));
      }
    }
    double[] means =
        runs.stream()
            .mapToDouble(run -> run.stream().mapToDouble(Double::doubleValue).average().orElse(0))
            .toArray();
    return means.length < 2 ? Optional.empty() : Optional.of(Bootstrap.standardError(means));
  }

  private static double[] values(Map<String, Result> column, String score) {
    return column.values().stream()
        .mapToDouble(result -> Objects.requireNonNull(result.mean(score)))
        .toArray();
  }

  /**
   * By how much one column is above another on the items that both have.
   *
   * @param interval of the mean difference
   * @param p the two-sided p value of the paired permutation test
   */
  record Difference(Interval interval, double p) {}

  /** Compares two columns, item by item. */
  Optional<Difference> difference(Column above, Column below) {
    Map<String, Result> a = column(above);
    Map<String, Result> b = column(below);
    a.keySet().retainAll(b.keySet());
    b.keySet().retainAll(a.keySet());
    if (a.isEmpty()) {
      return Optional.empty();
    }
    double[] first =
        a.values().stream()
            .mapToDouble(result -> Objects.requireNonNull(result.mean(above.score())))
            .toArray();
    double[] second =
        a.keySet().stream()
            .mapToDouble(
                item ->
                    Objects.requireNonNull(Objects.requireNonNull(b.get(item)).mean(below.score())))
            .toArray();
    return Optional.of(difference(first, second));
  }

  static Difference difference(double[] above, double[] below) {
    return new Difference(
        Bootstrap.difference(above, below, SEED), Bootstrap.pairedPValue(above, below, SEED));
  }
}
