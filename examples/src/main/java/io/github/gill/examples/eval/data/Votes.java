package io.github.gill.examples.eval.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Prompts with people's votes on finding or drawing, as the original's {@code PartiPrompts*.tsv}: a
 * {@link Table} with a column {@code Prompt} and either {@code Decisions}, one vote of each person,
 * or {@code Decision}, what was agreed on.
 */
public final class Votes {

  private Votes() {}

  /**
   * A prompt.
   *
   * @param prompt what is asked
   * @param vote what people say
   */
  public record Row(String prompt, Vote vote) {}

  /**
   * Reads prompts until there are no more or the consumer has enough.
   *
   * @param file the table
   * @param wantsMore takes a prompt and says whether to go on
   * @throws IllegalArgumentException if a column is missing or a vote is unknown, naming the line
   */
  public static void read(Path file, Predicate<Row> wantsMore) {
    Table.read(
        file,
        List.of("prompt", "decisions|decision"),
        row -> wantsMore.test(new Row(row.get(0), Vote.of(row.get(1)))));
  }

  /**
   * Reads all prompts.
   *
   * @param file the table
   * @return its prompts in order
   * @throws IllegalArgumentException if a column is missing or a vote is unknown, naming the line
   */
  public static List<Row> read(Path file) {
    List<Row> rows = new ArrayList<>();
    read(file, rows::add);
    return List.copyOf(rows);
  }
}
