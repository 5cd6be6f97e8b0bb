package io.github.gill.examples.bench;

import io.github.gill.AnswerEvent;
import io.github.gill.AnswerSettings;
import io.github.gill.Gill;
import io.github.gill.GillSession;
import io.github.gill.Prompt;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.spi.PartReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Cases of the engine as a whole, which the reference has no counterpart for. */
final class EngineCases {

  private static final int TURNS = 10;
  private static final int TOGETHER = 4;

  private final Gill.Builder builder;
  private final Precision precision;
  private final ComputeDevice device;
  private final Consumer<Measurement> results;

  /**
   * Makes the cases.
   *
   * @param model the model folder
   * @param device where to compute
   * @param precision in which type
   * @param quantization how the language model is kept
   * @param results told of each case as it ends
   */
  EngineCases(
      Path model,
      ComputeDevice device,
      Precision precision,
      Quantization quantization,
      Consumer<Measurement> results) {
    this.builder =
        Gill.builder().model(model).device(device).precision(precision).quantization(quantization);
    this.device = device;
    this.precision = precision;
    this.results = results;
  }

  /** Loading all but the diffusion model, which loads when it is first needed. */
  void load() {
    double weights =
        builder.inspect().stream()
            .filter(part -> !part.part().startsWith("diffusion"))
            .mapToLong(PartReport::weightBytes)
            .sum();
    long before = ProcessMemory.now().resident().orElse(0);
    try (Gill gill = builder.build()) {
      double resident = ProcessMemory.now().resident().orElse(0) - before;
      String unit = "%.2f GB of weights, %.2f GB resident".formatted(weights / 1e9, resident / 1e9);
      report("load", gill.loadTime().toNanos() / 1e9, unit);
    }
  }

  /**
   * The tenth turn of a chat: with the cache of the nine before it, without it, and what its own
   * new tokens cost where there is no history.
   */
  void chat() {
    String turn = "Q: And then?\nA:"; // short, since a random vocabulary spells it out
    AnswerSettings settings = words(4);
    try (Gill gill = builder.build();
        GillSession session = gill.newSession()) {
      String latest = "";
      for (int i = 1; i < TURNS; i++) {
        latest = session.answer(Prompt.of(turn), settings).text();
      }
      String unit = "turn %d, 4 tokens".formatted(TURNS);
      double kept =
          Stopwatch.median(
              5,
              () -> {
                session.answer(Prompt.of(turn), settings);
                session.undo();
              });
      report("chat_turn", kept, unit);
      Prompt alone = Prompt.of(latest + "\n" + turn);
      report("chat_turn_alone", Stopwatch.median(5, () -> gill.answer(alone, settings)), unit);
      double reread =
          Stopwatch.median(
              5,
              () -> {
                try (GillSession again = gill.newSession(List.of(session.history()))) {
                  again.answer(Prompt.of(turn), settings);
                }
              });
      report("chat_turn_reread", reread, unit);
    }
  }

  /** Four prompts as one request, and one after the other. */
  void together() {
    AnswerSettings settings = words(32);
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < TOGETHER; i++) {
      prompts.add(Prompt.of("Once upon a time, number %d. ".formatted(i).repeat(i + 1)));
    }
    try (Gill gill = builder.build()) {
      String unit = "%d prompts, 32 tokens each".formatted(TOGETHER);
      report("answer_all", Stopwatch.median(5, () -> gill.answerAll(prompts, settings)), unit);
      double single =
          Stopwatch.median(5, () -> prompts.forEach(prompt -> gill.answer(prompt, settings)));
      report("answer_one_by_one", single, unit);
    }
  }

  private static AnswerSettings words(int count) {
    return AnswerSettings.builder()
        .numWords(count)
        .minWordTokens(count)
        .stopAtNewline(false)
        .build();
  }

  /** The time from the start of a new JVM to the first token of the bundled model. */
  void start() {
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      double seconds = startOnce();
      if (i > 0) {
        times.add(seconds);
      }
    }
    report("first_token", Stopwatch.median(times), "bundled model, from the start of the JVM");
  }

  private static double startOnce() {
    try {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  FirstToken.class.getName())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader out = child.inputReader()) {
        String line = out.readLine();
        child.onExit().join();
        if (line == null) {
          throw new IllegalStateException("the new JVM ended without a token");
        }
        return Double.parseDouble(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the new JVM runs. */
  static final class FirstToken {

    private FirstToken() {}

    /**
     * Prints the age of the JVM in seconds when the first token comes.
     *
     * @param args none
     */
    public static void main(String[] args) {
      try (Gill gill = Gill.builder().build()) {
        gill.submit(
                Prompt.of("Q: Hello!\nA:"),
                words(1),
                event -> {
                  if (event instanceof AnswerEvent.Token) {
                    long age =
                        System.currentTimeMillis()
                            - ManagementFactory.getRuntimeMXBean().getStartTime();
                    System.out.printf(Locale.ROOT, "%.3f%n", age / 1e3);
                  }
                })
            .join();
      }
    }
  }

  private void report(String name, double seconds, String unit) {
    results.accept(new Measurement(name, seconds, unit, precision.toString(), device.toString()));
  }
}
