package io.github.gill.examples.eval.data;

import io.github.gill.examples.cli.files.InputFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tab-separated rows under one line of column names, read one at a time. In a cell, {@code \n}
 * stands for a newline. CC3M's captions are {@code caption, file}; {@link Votes} reads decisions.
 */
public final class Table {

  private Table() {}

  /**
   * Reads rows until there are no more or the consumer has enough.
   *
   * @param file the table, UTF-8
   * @param columns the wanted columns, each by its name or, with bars between, its possible names;
   *     letters' case does not matter, and other columns are not read
   * @param wantsMore takes the wanted cells of a row, in the order of {@code columns}, and says
   *     whether to go on
   * @throws IllegalArgumentException if the file is not of this form, or if the consumer throws it,
   *     naming the line
   */
  public static void read(Path file, List<String> columns, Predicate<List<String>> wantsMore) {
    int number = 1;
    try (BufferedReader lines = InputFile.open(file)) {
      List<String> names = names(lines.readLine());
      int[] places = columns.stream().mapToInt(column -> place(column, names)).toArray();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (line.isEmpty()) {
          continue;
        }
        String[] cells = line.split("\t", -1);
        if (cells.length != names.size()) {
          throw new IllegalArgumentException(
              "%d columns, the first line has %d; put one tab between them"
                  .formatted(cells.length, names.size()));
        }
        List<String> row =
            Arrays.stream(places).mapToObj(place -> cells[place].replace("\\n", "\n")).toList();
        if (!wantsMore.test(row)) {
          return;
        }
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s, line %d: %s".formatted(file, number, e.getMessage()), e);
    } catch (IOException e) {
      throw InputFile.unreadable(file, e);
    }
  }

  private static List<String> names(@Nullable String header) {
    return header == null
        ? List.of()
        : Arrays.stream(header.split("\t", -1))
            .map(name -> name.strip().toLowerCase(Locale.ROOT))
            .toList();
  }

  private static int place(String column, List<String> names) {
    List<String> possible = Arrays.asList(column.split("\\|", -1));
    if (Collections.disjoint(names, possible)) {
      throw new IllegalArgumentException(
          "the columns are %s, expected one named %s; name the columns there"
              .formatted(names, String.join(" or ", possible)));
    }
    return possible.stream().mapToInt(names::indexOf).filter(i -> i >= 0).findFirst().orElse(0);
  }
}
