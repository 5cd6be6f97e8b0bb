package io.github.gill.examples.eval;

import static io.github.gill.examples.eval.EvaluatedModel.OWN;

import io.github.gill.examples.eval.Scores.Column;
import java.util.Map;
import java.util.Objects;

/** What the model says to pictures. */
final class NamingSection implements Section {

  private final EvaluationData data;
  private final Scores scores;
  private final ScoreText text;

  NamingSection(EvaluationData data, Scores scores) {
    this.data = data;
    this.scores = scores;
    text = new ScoreText(scores);
  }

  @Override
  public void write(ReportBody body) {
    Column named = new Column(Tasks.NAMING, "picture", OWN, Tasks.NAME_FOUND);
    scores
        .mean(named)
        .ifPresent(
            mean -> {
              body.heading(2, "Saying what a picture shows");
              body.paragraph(
                  "From the visual prefix alone, with the words \"a picture of\" behind it. The"
                      + " share of "
                      + mean.n()
                      + " pictures whose thing is named is "
                      + text.figure(named)
                      + "; CLIP's cosine between what is said and the picture is "
                      + text.figure(new Column(Tasks.NAMING, "picture", OWN, Tasks.FIT))
                      + ".");
              Map<String, Result> said = scores.column(named);
              body.add(
                  new Block.Figures(
                      data.names().stream()
                          .limit(24)
                          .filter(item -> said.containsKey(item.id()))
                          .map(item -> new Block.Gallery.Cell(words(item, said), item.picture()))
                          .toList()));
            });
  }

  private static String words(EvaluationData.Named item, Map<String, Result> said) {
    Result result = Objects.requireNonNull(said.get(item.id()));
    return "“%s”\nis: %s".formatted(Objects.requireNonNullElse(result.text(), ""), item.name());
  }
}
