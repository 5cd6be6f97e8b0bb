package io.github.gill.examples.eval;

import java.util.ArrayList;
import java.util.List;

/** Which data there was and what could not be measured. */
final class DataSection implements Section {

  private final EvaluationData data;
  private final Scores scores;

  DataSection(EvaluationData data, Scores scores) {
    this.data = data;
    this.scores = scores;
  }

  @Override
  public void write(ReportBody body) {
    body.heading(2, "Data");
    data.about().lines().filter(line -> !line.isBlank()).forEach(body::paragraph);
    List<List<String>> rows = new ArrayList<>();
    data.counts()
        .forEach(
            (name, count) ->
                rows.add(
                    List.of(
                        name,
                        Integer.toString(count.items()),
                        Integer.toString(count.leftOut()),
                        count.why())));
    body.table(List.of("data set", "items", "left out", "why"), rows);
    List<Result> failed = scores.failed();
    body.paragraph(
        failed.isEmpty()
            ? "Every item could be measured."
            : failed.size()
                + " measurements failed, the first ("
                + failed.get(0).task()
                + ", "
                + failed.get(0).system()
                + ", "
                + failed.get(0).item()
                + ") because: "
                + failed.get(0).error());
  }
}
