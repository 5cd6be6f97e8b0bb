package io.github.gill.examples.eval;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Results in words and tables. */
final class Report {

  private final ReportBody body = new ReportBody();

  /**
   * Writes the report.
   *
   * @param results all there are
   * @param data the items
   * @param textPositions how many tokens the baseline's text encoder reads
   * @param settings what the results depend on
   * @param command what makes them again
   */
  Report(
      Collection<Result> results,
      EvaluationData data,
      int textPositions,
      Map<String, String> settings,
      String command) {
    Scores scores = new Scores(results);
    body.heading(1, "GILL's claims and " + settings.get("model"));
    introduction(settings, textPositions);
    List<Section> sections =
        List.of(
            new ClaimsSection(scores),
            DrawingSection.stories(data, scores),
            DrawingSection.dialogues(data, scores),
            new MapsSection(data, scores),
            new RetrievalSection(data, scores),
            new DecisionSection(scores),
            new RecipesSection(scores),
            new NamingSection(data, scores),
            DrawingSection.refinement(data, scores),
            new DataSection(data, scores));
    sections.forEach(section -> section.write(body));
    body.heading(2, "How to make this again");
    body.add(new Block.Command(command));
    body.paragraph(
        "A run that was stopped goes on where it ended; results.jsonl in the output folder has"
            + " every figure item by item, index.html the pictures.");
  }

  List<Block> blocks() {
    return body.blocks();
  }

  private void introduction(Map<String, String> settings, int textPositions) {
    body.paragraph(
        "The experiments of the paper (Koh, Fried and Salakhutdinov, NeurIPS 2023), repeated with"
            + " the model %s on held-out data, and its claims one by one."
                .formatted(settings.get("model"))
            + " CLIP similarity is the cosine between CLIP's features of a drawn picture and of the"
            + " true one: higher is better. A figure is a mean over all items; behind ± stands the"
            + " standard error over %s pictures of other noise for each prompt, in brackets the 95%%"
                .formatted(settings.get("runs"))
                .replace("%%", "%")
            + " bootstrap interval over items. The row \"%s\" is what chance gives."
                .formatted(Tasks.CHANCE)
            + " Pictures: %s, %s steps, guidance %s."
                .formatted(
                    settings.get("scheduler"), settings.get("steps"), settings.get("guidance")));
    if (textPositions > 0) {
      body.paragraph(
          "The text-only baseline is the same image generator with its own text encoder, which"
              + " reads"
              + " %d tokens and not more: of five captions or ten rounds it sees the beginning, as"
                  .formatted(textPositions)
              + " in the paper, where the limit is 77.");
    }
  }
}
