package io.github.gill.examples.eval;

import static io.github.gill.examples.eval.EvaluatedModel.OWN;
import static io.github.gill.examples.eval.EvaluationData.LAST_CAPTION;
import static io.github.gill.examples.eval.EvaluationData.STORY_CONTEXTS;

import io.github.gill.examples.eval.Scores.Column;
import io.github.gill.examples.eval.metrics.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How often a story's last picture is found. */
final class RetrievalSection implements Section {

  private final EvaluationData data;
  private final Scores scores;
  private final ScoreText text;

  RetrievalSection(EvaluationData data, Scores scores) {
    this.data = data;
    this.scores = scores;
    text = new ScoreText(scores);
  }

  @Override
  public void write(ReportBody body) {
    if (scores.systems(Tasks.RETRIEVAL).isEmpty()) {
      return;
    }
    double pool =
        scores
            .mean(new Column(Tasks.RETRIEVAL, LAST_CAPTION, OWN, Tasks.POOL))
            .map(Interval::mean)
            .orElse(0.0);
    body.heading(2, "Finding a story's last picture");
    body.paragraph(
        "As in FROMAGe: the share of stories whose last picture is the best, among the best five,"
            + " or"
            + " the best ten of the %.0f pictures of all stories; those that the prompt has shown are"
                .formatted(pool)
            + " left out, unless the last one is the same. CLIP reads the words alone.");
    List<List<String>> rows = new ArrayList<>();
    for (String system : scores.systems(Tasks.RETRIEVAL)) {
      for (String context : STORY_CONTEXTS) {
        Map<String, Result> own =
            scores.column(new Column(Tasks.RETRIEVAL, context, system, Tasks.RANK));
        if (!own.isEmpty()) {
          rows.add(
              List.of(
                  system,
                  context,
                  text.figure(new Column(Tasks.RETRIEVAL, context, system, "R@1")),
                  text.figure(new Column(Tasks.RETRIEVAL, context, system, "R@5")),
                  text.figure(new Column(Tasks.RETRIEVAL, context, system, "R@10"))));
        }
      }
    }
    body.table(List.of("", "given", "R@1 ↑", "R@5 ↑", "R@10 ↑"), rows);
    body.add(
        Galleries.first(
            Tasks.RETRIEVAL,
            data.searchedStories(),
            8,
            "The best found for the first %d stories.",
            scores));
  }
}
