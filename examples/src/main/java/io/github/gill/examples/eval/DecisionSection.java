package io.github.gill.examples.eval;

import io.github.gill.retrieval.DecisionReport;
import java.util.List;
import java.util.Locale;

/** How well the head decides between finding and drawing. */
final class DecisionSection implements Section {

  private final Scores scores;

  DecisionSection(Scores scores) {
    this.scores = scores;
  }

  @Override
  public void write(ReportBody body) {
    DecisionScores decisions = DecisionScores.of(scores);
    if (decisions.size() == 0) {
      return;
    }
    DecisionReport report = decisions.report();
    body.heading(2, "Finding or drawing");
    body.paragraph(
        "The decision head on %d prompts that have a label: macro F1, the mean of F1 over both labels."
            .formatted(decisions.size()));
    body.table(
        List.of("", "macro F1 ↑"),
        List.of(
            List.of("decision head", ScoreText.number(report.macroF1())),
            List.of("always generate", ScoreText.number(decisions.always(0))),
            List.of("always retrieve", ScoreText.number(decisions.always(1)))));
    body.table(
        List.of("labelled", "decided: generate", "decided: retrieve"),
        List.of(
            row("generate", report.confusion().get(0)),
            row("retrieve", report.confusion().get(1))));
    body.paragraph(
        String.format(
            Locale.ROOT,
            "It is right in %.1f%% of the cases. Its probabilities are off by %.3f on average"
                + " (expected calibration error over ten bins).",
            100 * report.accuracy(),
            report.calibrationError()));
    body.add(new Block.Bars("probability that retrieving is better", decisions.bins()));
  }

  private static List<String> row(String name, List<Integer> counts) {
    return List.of(name, counts.get(0).toString(), counts.get(1).toString());
  }
}
