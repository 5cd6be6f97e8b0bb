package io.github.gill.examples.eval;

import static io.github.gill.examples.eval.EvaluatedModel.OWN;
import static io.github.gill.examples.eval.EvaluationData.ROUNDS;
import static io.github.gill.examples.eval.EvaluationData.STORY_CONTEXTS;
import static io.github.gill.examples.eval.Tasks.BASELINE;

import io.github.gill.examples.eval.Scores.Column;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures drawn from richer and richer contexts: figures, the paper's own and the first pictures.
 *
 * @param task which task drew them
 * @param contexts the columns
 * @param heading the section's
 * @param words what was drawn
 * @param paper rows of the paper's table; empty if it has none
 * @param items what was drawn from
 * @param shown how many items are shown
 * @param scores all there are
 */
record DrawingSection(
    String task,
    List<String> contexts,
    String heading,
    String words,
    List<List<String>> paper,
    List<GenerationItem> items,
    int shown,
    Scores scores)
    implements Section {

  static DrawingSection stories(EvaluationData data, Scores scores) {
    return new DrawingSection(
        Tasks.VIST,
        STORY_CONTEXTS,
        "Pictures for stories (VIST)",
        "The last picture of a story of five, drawn from its caption, from all five captions, and"
            + " from those with the four pictures before it between them.",
        List.of(
            List.of("GLIDE", "0.582", "0.591", "–"),
            List.of(BASELINE, "0.592", "0.598", "–"),
            List.of(OWN, "0.581", "0.612", "0.641")),
        data.stories(),
        24,
        scores);
  }

  static DrawingSection dialogues(EvaluationData data, Scores scores) {
    return new DrawingSection(
        Tasks.VISDIAL,
        ROUNDS,
        "Pictures for dialogues (VisDial)",
        "The picture that a dialogue is about, drawn after 1, 5 and 10 rounds of it.",
        List.of(
            List.of("GLIDE", "0.562", "0.595", "0.587"),
            List.of(BASELINE, "0.552", "0.629", "0.622"),
            List.of(OWN, "0.528", "0.621", "0.645")),
        data.dialogues(),
        16,
        scores);
  }

  static DrawingSection refinement(EvaluationData data, Scores scores) {
    return new DrawingSection(
        Tasks.REFINEMENT,
        List.of(EvaluationData.REQUEST, EvaluationData.SHOWN, EvaluationData.BEGUN),
        "Changing a picture",
        "A picture and a wish: the likeness to the picture that would grant it. The request alone"
            + " names the thing and its new colour, but only the picture shows how it is drawn.",
        List.of(),
        data.refinements(),
        16,
        scores);
  }

  @Override
  public void write(ReportBody body) {
    if (scores.systems(task).isEmpty()) {
      return;
    }
    body.heading(2, heading);
    body.paragraph(words);
    similarities(body, "CLIP similarity ↑", Tasks.SIMILARITY);
    if (scores.has(task, Tasks.LPIPS)) {
      similarities(body, "LPIPS ↓", Tasks.LPIPS);
    }
    if (!paper.isEmpty()) {
      body.table(header("in the paper"), paper);
    }
    body.add(Galleries.first(task, items, shown, Galleries.FIRST, scores));
  }

  private List<String> header(String title) {
    List<String> header = new ArrayList<>(List.of(title));
    header.addAll(contexts);
    return header;
  }

  /** One row a system, one column a context. */
  private void similarities(ReportBody body, String title, String score) {
    ScoreText text = new ScoreText(scores);
    List<List<String>> rows = new ArrayList<>();
    for (String system : text.systems(task)) {
      if (PaperClaims.SIMPLER.containsKey(system)) {
        continue;
      }
      List<String> row = new ArrayList<>(List.of(ScoreText.title(system)));
      for (String context : contexts) {
        row.add(text.figure(new Column(task, context, system, score)));
      }
      rows.add(row);
    }
    body.table(header(title), rows);
  }
}
