package io.github.gill.examples.bench;

import io.github.gill.Gill;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code gill bench soak}: whether memory stays where it was.
 *
 * <p>Answers requests of every kind in a seeded mix, loads and closes repeatedly, and fails if the
 * resident set grows by more than 2% or a native value is left behind. Measured when the engine is
 * idle and garbage collected. The JVM gives its heap back when it likes, which hides or feigns a
 * few per cent: fix it with {@code java -Xms128m -Xmx128m -XX:+AlwaysPreTouch -jar …}.
 */
@Command(
    name = "soak",
    description = {
      "Check that many answers, and loading and closing, leave memory where it was.",
      "Fix the heap, which the JVM grows and shrinks at will:",
      "java -Xms128m -Xmx128m -XX:+AlwaysPreTouch -jar examples/target/gill.jar bench soak"
    },
    sortOptions = false)
final class SoakCommand implements Callable<Integer> {

  /** How far the resident set may grow. */
  private static final double LIMIT = 0.02;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The model folder (default: the small model that ships with the library).")
  @Nullable Path model;

  @Option(
      names = "--answers",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Answers in all; 0 for none (default: ${DEFAULT-VALUE}).")
  int answers;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Measure after so many answers; the first measurement is what the last is held against"
              + " (default: ${DEFAULT-VALUE}).")
  int every;

  @Option(
      names = "--cycles",
      paramLabel = "N",
      defaultValue = "0",
      description = "Load, answer once and close so many times (default: ${DEFAULT-VALUE}).")
  int cycles;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The seed of the mix (default: ${DEFAULT-VALUE}).")
  long seed;

  @Spec CommandSpec spec;

  SoakCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    if (answers < 0 || cycles < 0 || every < 1) {
      throw new IllegalArgumentException(
          "answers and cycles are 0 or more, every is 1 or more; found %d, %d and %d"
              .formatted(answers, cycles, every));
    }
    boolean kept = answers == 0 || answer();
    return (cycles == 0 || cycle()) && kept ? 0 : 1;
  }

  private boolean answer() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Gill gill = Gill.builder().model(model).build();
        SoakRequests requests = new SoakRequests(gill, seed)) {
      ProcessMemory first = null;
      ProcessMemory last = null;
      for (int done = 1; done <= answers; done++) {
        requests.next();
        if (done % every == 0 || done == answers) {
          requests.settle();
          last = ProcessMemory.now();
          first = first == null ? last : first;
          out.printf("%5d answers   %s%n", done, last);
          out.flush();
        }
      }
      out.println(requests.counts());
      return first == null
          || last == null
          || verdict("since the first " + every + " answers", first, last);
    }
  }

  private boolean cycle() {
    PrintWriter out = spec.commandLine().getOut();
    List<ProcessMemory> closed = new ArrayList<>();
    for (int i = 1; i <= cycles; i++) {
      ProcessMemory open;
      try (Gill gill = Gill.builder().model(model).build();
          SoakRequests requests = new SoakRequests(gill, seed)) {
        requests.next(SoakRequests.Kind.BOTH);
        open = ProcessMemory.now();
      }
      closed.add(ProcessMemory.now());
      out.printf("cycle %3d open     %s%n", i, open);
      out.printf("          closed   %s%n", closed.get(i - 1));
      out.flush();
    }
    // The first loads warm up the JVM and the allocator; one load alone is 2% more or less.
    int quarter = (cycles + 3) / 4;
    return verdict(
        "between the medians of the second and the last quarter of the cycles",
        median(closed.subList(Math.min(quarter, cycles - 1), Math.min(2 * quarter, cycles))),
        median(closed.subList(cycles - quarter, cycles)));
  }

  private static ProcessMemory median(List<ProcessMemory> measured) {
    return measured.stream()
        .sorted(Comparator.comparingLong(memory -> memory.resident().orElse(0)))
        .toList()
        .get(measured.size() / 2);
  }

  private boolean verdict(String since, ProcessMemory first, ProcessMemory last) {
    double growth = last.growthSince(first);
    boolean kept = growth <= LIMIT && last.values() == first.values();
    spec.commandLine()
        .getOut()
        .printf(
            "%s: %s, the resident set has grown by %.1f%% (limit %.0f%%) and native values by %d"
                + " (limit 0)%n",
            kept ? "kept" : "FAILED",
            since,
            100 * growth,
            100 * LIMIT,
            last.values() - first.values());
    return kept;
  }
}
