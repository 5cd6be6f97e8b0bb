package io.github.gill.examples.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.examples.eval.Result.Outcome;
import io.github.gill.examples.eval.Scores.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScoresTest {

  private static Result result(String item, String system, Double... clip) {
    return Result.of(
        new Result.Key("vist", item, "c", system), Outcome.of(Map.of("clip", List.of(clip))));
  }

  private static Column column(String system) {
    return new Column("vist", "c", system, "clip");
  }

  @Test
  void meansOverItemsAndScatterOverRuns() {
    Scores scores =
        new Scores(List.of(result("1", "GILL", 0.2, 0.4), result("2", "GILL", 0.6, 0.8)));
    assertEquals(0.5, scores.mean(column("GILL")).orElseThrow().mean(), 1e-12);
    // The runs' means are 0.4 and 0.6: deviation 0.1414, standard error 0.1.
    assertEquals(0.1, scores.overRuns(column("GILL")).orElseThrow(), 1e-12);
    assertTrue(scores.mean(column("linear")).isEmpty());
  }

  @Test
  void comparesItemByItemWhateverTheOrder() {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      results.add(result("" + i, "GILL", i + 1.0));
      results.add(result("" + (19 - i), "linear", 19.0 - i));
    }
    results.add(result("of one only", "GILL", 1000.0));
    Scores.Difference difference =
        new Scores(results).difference(column("GILL"), column("linear")).orElseThrow();
    assertEquals(1, difference.interval().low(), 1e-12);
    assertEquals(1, difference.interval().high(), 1e-12);
    assertEquals(20, difference.interval().n());
    assertTrue(difference.p() < 0.001);
  }

  @Test
  void scoresDecisions() {
    List<Result> results = new ArrayList<>();
    int[][] votesAndChoices = {{0, 0}, {0, 0}, {0, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 0}};
    for (int i = 0; i < votesAndChoices.length; i++) {
      double vote = votesAndChoices[i][0];
      double chosen = votesAndChoices[i][1];
      results.add(
          Result.of(
              new Result.Key("decision", "" + i, "prompt", "GILL"),
              Outcome.of(
                  Map.of(
                      "vote", List.of(vote),
                      "chosen", List.of(chosen),
                      "retrieve", List.of(chosen == 1 ? 0.8 : 0.2)))));
    }
    DecisionScores decisions = new DecisionScores(results);
    // F1: generate 2·2 / (3 + 3), retrieve 2·4 / (5 + 5).
    assertEquals((2 / 3.0 + 0.8) / 2, decisions.report().macroF1(), 1e-12);
    assertEquals(List.of(List.of(2, 1), List.of(1, 4)), decisions.report().confusion());
    assertEquals((0 + 10 / 13.0) / 2, decisions.always(1), 1e-12);
    // 0.2 said where 1 of 3 came true, 0.8 where 4 of 5 did.
    assertEquals(3 / 8.0 * (1 / 3.0 - 0.2), decisions.calibrationError(), 1e-12);
    assertTrue(decisions.gainOver(0).low() < decisions.gainOver(0).mean());
  }
}
