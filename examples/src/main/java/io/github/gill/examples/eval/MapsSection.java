package io.github.gill.examples.eval;

import static io.github.gill.examples.eval.EvaluatedModel.OWN;
import static io.github.gill.examples.eval.EvaluationData.CAPTION;
import static io.github.gill.examples.eval.EvaluationData.PICTURES;
import static io.github.gill.examples.eval.Tasks.BASELINE;
import static io.github.gill.examples.eval.Tasks.SIMILARITY;
import static io.github.gill.examples.eval.Tasks.VIST;

import io.github.gill.examples.eval.Scores.Column;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pictures for captions, and how the maps compare. */
final class MapsSection implements Section {

  private final EvaluationData data;
  private final Scores scores;
  private final ScoreText text;

  MapsSection(EvaluationData data, Scores scores) {
    this.data = data;
    this.scores = scores;
    text = new ScoreText(scores);
  }

  @Override
  public void write(ReportBody body) {
    if (scores.systems(Tasks.CAPTIONS).isEmpty()) {
      return;
    }
    body.heading(2, "Pictures for captions (CC3M), and the maps");
    body.paragraph(
        "From one caption each. CLIP text is the cosine between the picture and the caption; the"
            + " Fréchet distance compares all drawn pictures with all true ones in CLIP's space, as"
            + " FID does in Inception's, and falls as they become alike.");
    Map<String, String> distances = new LinkedHashMap<>();
    distances.put(Tasks.FRECHET, "CLIP-Fréchet ↓");
    distances.put(Tasks.FID, "FID ↓");
    distances.put(Tasks.KID, "KID ↓");
    distances.keySet().removeIf(score -> !scores.has(Tasks.COLLECTION, score));
    List<String> header = new ArrayList<>(List.of("", "CLIP similarity ↑", "CLIP text ↑"));
    header.addAll(distances.values());
    header.add("stories, all context ↑");
    List<List<String>> rows = new ArrayList<>();
    for (String system : text.systems(Tasks.CAPTIONS)) {
      List<String> row = new ArrayList<>(List.of(ScoreText.title(system)));
      row.add(text.figure(new Column(Tasks.CAPTIONS, CAPTION, system, SIMILARITY)));
      row.add(text.figure(new Column(Tasks.CAPTIONS, CAPTION, system, Tasks.FIT)));
      distances
          .keySet()
          .forEach(
              score ->
                  row.add(text.distance(new Column(Tasks.COLLECTION, CAPTION, system, score))));
      row.add(text.figure(new Column(VIST, PICTURES, system, SIMILARITY)));
      rows.add(row);
    }
    body.table(header, rows);
    body.table(
        List.of("in the paper", "FID on CC3M ↓", "VIST ↑"),
        List.of(
            List.of(BASELINE, "13.94", "0.598"),
            List.of("linear map", "15.50", "0.500"),
            List.of("3-layer MLP", "15.33", "0.502"),
            List.of("transformer encoder", "16.30", "0.605"),
            List.of(OWN, "15.31", "0.641")));
    body.add(Galleries.first(Tasks.CAPTIONS, data.captions(), 24, Galleries.FIRST, scores));
  }
}
