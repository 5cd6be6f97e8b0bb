package io.github.gill.examples.eval;

import io.github.gill.examples.eval.metrics.Interval;
import io.github.gill.retrieval.DecisionReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/** How well decisions agree with votes. */
final class DecisionScores {

  private static final int BINS = 10;
  private static final int DRAWS = 2000;

  private final int[] votes;
  private final int[] chosen;
  private final double[] retrieve;

  /** Those of the model's own decisions. */
  static DecisionScores of(Scores scores) {
    return new DecisionScores(
        scores
            .column(new Scores.Column(Tasks.DECISION, "prompt", EvaluatedModel.OWN, Tasks.CHOSEN))
            .values());
  }

  DecisionScores(Collection<Result> results) {
    List<Result> all = List.copyOf(results);
    votes = numbers(all, Tasks.VOTE);
    chosen = numbers(all, Tasks.CHOSEN);
    retrieve =
        all.stream()
            .mapToDouble(result -> Objects.requireNonNull(result.mean(Tasks.RETRIEVE)))
            .toArray();
  }

  private static int[] numbers(List<Result> results, String score) {
    return results.stream()
        .mapToInt(result -> Objects.requireNonNull(result.mean(score)).intValue())
        .toArray();
  }

  int size() {
    return votes.length;
  }

  /** Rows are votes, columns decisions; 0 = generate, 1 = retrieve. */
  DecisionReport report() {
    return new DecisionReport(
        confusion(i -> i, item -> chosen[item]), List.of(), 0.5f, calibrationError());
  }

  private List<List<Integer>> confusion(IntUnaryOperator item, IntUnaryOperator decision) {
    int[][] confusion = new int[2][2];
    for (int i = 0; i < votes.length; i++) {
      int one = item.applyAsInt(i);
      confusion[votes[one]][decision.applyAsInt(one)]++;
    }
    return Arrays.stream(confusion).map(row -> List.of(row[0], row[1])).toList();
  }

  private double macroF1(IntUnaryOperator item, IntUnaryOperator decision) {
    return new DecisionReport(confusion(item, decision), List.of(), 0.5f, 0).macroF1();
  }

  /** Macro F1 of deciding always alike. */
  double always(int label) {
    return macroF1(i -> i, item -> label);
  }

  /** How much macro F1 is above that of deciding always alike, with its bootstrap interval. */
  Interval gainOver(int label) {
    SplittableRandom random = new SplittableRandom(1);
    double[] gains = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      int[] items = random.ints(votes.length, 0, votes.length).toArray();
      gains[draw] =
          macroF1(i -> items[i], item -> chosen[item]) - macroF1(i -> items[i], item -> label);
    }
    Arrays.sort(gains);
    return new Interval(
        report().macroF1() - always(label),
        gains[DRAWS / 40],
        gains[DRAWS - 1 - DRAWS / 40],
        votes.length);
  }

  /** For each tenth of the probability that a found picture is better: predicted and observed. */
  List<Block.Bars.Bar> bins() {
    List<Block.Bars.Bar> bars = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      double predicted = 0;
      double observed = 0;
      int count = 0;
      for (int i = 0; i < votes.length; i++) {
        if (Math.min(BINS - 1, (int) (retrieve[i] * BINS)) == bin) {
          predicted += retrieve[i];
          observed += votes[i];
          count++;
        }
      }
      if (count > 0) {
        bars.add(new Block.Bars.Bar(predicted / count, observed / count, count));
      }
    }
    return bars;
  }

  /** The mean gap between predicted and observed shares, weighted by the bins' sizes. */
  double calibrationError() {
    return bins().stream()
            .mapToDouble(bar -> bar.count() * Math.abs(bar.predicted() - bar.observed()))
            .sum()
        / Math.max(1, votes.length);
  }
}
