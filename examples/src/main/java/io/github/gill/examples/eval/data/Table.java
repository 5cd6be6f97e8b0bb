package io.github.gill.examples.eval.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * Tab-separated rows under one line of column names. In a cell, {@code \n} stands for a newline.
 *
 * <p>CC3M's captions are {@code caption, file}; PartiPrompts with decisions begin with the prompt
 * and end with one decision ({@code gen}, {@code ret}, {@code same}) or with all votes, separated
 * by commas.
 */
public final class Table {

  private Table() {}

  /**
   * Reads rows until there are no more or the consumer has enough.
   *
   * @param file the table
   * @param first what the first column's name must be, in any case of letters
   * @param columns how many columns each row must have at least
   * @param wantsMore takes a row and says whether to go on
   * @throws IllegalArgumentException if the file is not of this form, naming the line
   */
  public static void read(Path file, String first, int columns, Predicate<List<String>> wantsMore) {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      String header = lines.readLine();
      if (header == null || !cells(header).get(0).toLowerCase(Locale.ROOT).equals(first)) {
        throw new IllegalArgumentException(
            "%s: the first line does not begin with \"%s\"; name the columns there"
                .formatted(file, first));
      }
      int number = 1;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (line.isEmpty()) {
          continue;
        }
        List<String> row = cells(line);
        if (row.size() < columns) {
          throw new IllegalArgumentException(
              "%s, line %d: %d cells, expected at least %d with tabs between them"
                  .formatted(file, number, row.size(), columns));
        }
        if (!wantsMore.test(row)) {
          return;
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read (" + e + ")", e);
    }
  }

  private static List<String> cells(String line) {
    return Arrays.stream(line.split("\t", -1)).map(cell -> cell.replace("\\n", "\n")).toList();
  }
}
