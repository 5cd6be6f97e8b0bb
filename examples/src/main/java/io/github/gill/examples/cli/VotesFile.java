package io.github.gill.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Prompts with people's votes on finding or drawing, as the original's {@code PartiPrompts*.tsv}.
 *
 * <p>The first line names the columns. {@code Prompt} is the text, in which {@code \n} stands for a
 * new line; {@code Decisions} holds {@code gen}, {@code ret} and {@code same}, a vote each with
 * commas between, or {@code Decision} one of them that was agreed on. Other columns are not read.
 */
final class VotesFile {

  /** The labels of a decision head, in their order. */
  private static final List<String> LABELS = List.of("gen", "ret", "same");

  /**
   * A prompt.
   *
   * @param text what is asked
   * @param label 0 = generate, 1 = retrieve, 2 = same: either serves, or people disagree
   */
  record Row(String text, int label) {}

  private VotesFile() {}

  /**
   * Reads a file.
   *
   * @param file UTF-8, tabs between columns
   * @return its prompts in order
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if a column is missing or a vote is unknown, naming the line
   */
  static List<Row> read(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    List<String> columns =
        lines.isEmpty()
            ? List.of()
            : Arrays.asList(lines.get(0).toLowerCase(Locale.ROOT).split("\t", -1));
    int prompt = columns.indexOf("prompt");
    int votes = Math.max(columns.indexOf("decisions"), columns.indexOf("decision"));
    if (prompt < 0 || votes < 0) {
      throw new IllegalArgumentException(
          "%s: the first line names the columns %s, expected Prompt and Decisions or Decision"
              .formatted(file, columns));
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split("\t", -1);
      if (cells.length != columns.size()) {
        throw new IllegalArgumentException(
            "%s line %d has %d columns, the first line %d"
                .formatted(file, i + 1, cells.length, columns.size()));
      }
      List<String> cast = Arrays.stream(cells[votes].split(",")).map(String::strip).toList();
      if (!LABELS.containsAll(cast)) {
        throw new IllegalArgumentException(
            "%s line %d votes %s; use gen, ret or same".formatted(file, i + 1, cast));
      }
      rows.add(new Row(cells[prompt].replace("\\n", "\n"), label(cast)));
    }
    return rows;
  }

  /** The original's rule: four of five agree, or three with at most one against them. */
  private static int label(List<String> votes) {
    if (votes.size() == 1) {
      return LABELS.indexOf(votes.get(0));
    }
    int generate = Collections.frequency(votes, "gen");
    int retrieve = Collections.frequency(votes, "ret");
    int most = Math.max(generate, retrieve);
    if (most >= 4 || (most == 3 && generate + retrieve <= 4)) {
      return generate > retrieve ? 0 : 1;
    }
    return 2;
  }
}
