package io.github.gill.examples.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Sets timings beside those of another program. */
final class Comparison {

  private Comparison() {}

  /**
   * Prints a table of the cases that both have; a ratio above 1 says that ours is faster.
   *
   * @param ours our timings
   * @param theirs the other program's
   * @param out where to
   */
  static void print(List<Measurement> ours, List<Measurement> theirs, PrintWriter out) {
    out.printf("| %-24s | %10s | %11s | %6s |%n", "case", "ours", "reference", "ratio");
    out.printf(
        "|-%s-|-%s:|-%s:|-%s:|%n", "-".repeat(24), "-".repeat(10), "-".repeat(11), "-".repeat(6));
    for (Measurement own : ours) {
      for (Measurement other : theirs) {
        if (own.name().equals(other.name()) && own.unit().equals(other.unit())) {
          out.printf(
              Locale.ROOT,
              "| %-24s | %7.1f ms | %8.1f ms | %6.2f |%n",
              own.name(),
              own.seconds() * 1000,
              other.seconds() * 1000,
              other.seconds() / own.seconds());
        }
      }
    }
    out.flush();
  }
}
