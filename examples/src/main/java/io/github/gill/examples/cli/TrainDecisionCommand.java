package io.github.gill.examples.cli;

import io.github.gill.Gill;
import io.github.gill.RetrievalException;
import io.github.gill.examples.cli.files.OutputTarget;
import io.github.gill.examples.eval.DecisionFeatures;
import io.github.gill.examples.eval.data.Vote;
import io.github.gill.examples.eval.data.Votes;
import io.github.gill.examples.eval.metrics.Bootstrap;
import io.github.gill.examples.eval.metrics.CrossValidation;
import io.github.gill.examples.eval.metrics.Interval;
import io.github.gill.retrieval.DecisionExample;
import io.github.gill.retrieval.DecisionReport;
import io.github.gill.retrieval.DecisionTraining;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill train-decision}: trains the head that decides between finding and drawing. */
@Command(
    name = "train-decision",
    description = "Train the head that decides between finding and drawing a picture.",
    footer = {
      "The votes are a TSV as the original's PartiPrompts files: columns Prompt and Decisions",
      "(gen, ret or same, commas between several votes). Prompts without agreement are left out."
    })
final class TrainDecisionCommand implements Callable<Integer> {

  @Mixin EngineOptions engine = new EngineOptions();

  @Option(
      names = "--votes",
      required = true,
      paramLabel = "FILE.tsv",
      description = "Prompts with people's votes.")
  Path votes = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "FILE.safetensors",
      description = "Where to write the head (default: decision.safetensors in the model folder).")
  @Nullable Path out;

  @Option(
      names = "--top-score",
      negatable = true,
      description = "Let the head see the score of the best candidate, too.")
  boolean topScore;

  @Option(
      names = "--compare",
      description = "Measure the original's recipe on the same features, too.")
  boolean compare;

  @Option(
      names = "--class-weights",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Count rare labels more, so that all labels together count the same (default).")
  boolean classWeights = true;

  @Option(
      names = "--threshold",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = {
        "Retrieve from the probability with the best macro F1 in cross-validation, not from one",
        "half (default)."
      })
  boolean chooseThreshold = true;

  @Option(
      names = "--shrinkage",
      defaultValue = "0.2",
      paramLabel = "X",
      description = {
        "How far the labels' covariance is rounded, above 0 to 1; 0 trains by gradient descent",
        "as the original (default: ${DEFAULT-VALUE})."
      })
  double shrinkage = 0.2;

  @Option(
      names = "--folds",
      defaultValue = "5",
      paramLabel = "N",
      description = "Parts for cross-validation (default: ${DEFAULT-VALUE}).")
  int folds = 5;

  @Option(
      names = "--repeats",
      defaultValue = "1",
      paramLabel = "N",
      description = "Cross-validations, each with other folds (default: ${DEFAULT-VALUE}).")
  int repeats = 1;

  @Option(
      names = "--seed",
      defaultValue = "1337",
      paramLabel = "N",
      description = "Where all randomness comes from (default: ${DEFAULT-VALUE}).")
  long seed = 1337;

  @Spec CommandSpec spec;

  TrainDecisionCommand() {}

  @Override
  public Integer call() throws IOException {
    if (repeats < 1) {
      throw new IllegalArgumentException("repeats is " + repeats + "; use 1 or more");
    }
    if (compare && folds * repeats < 5) {
      throw new IllegalArgumentException(
          "%d folds × %d repeats tell too little to compare; use 5 or more together"
              .formatted(folds, repeats));
    }
    DecisionTraining ours = settings().topScore(topScore).build();
    Path target = target();
    OutputTarget.checkFile(target);
    List<DecisionExample> examples = examples(Votes.read(votes));
    List<DecisionReport> reports = crossValidate(settings().topScore(topScore), examples);
    double[] scores = foldScores(reports);
    PrintWriter print = spec.commandLine().getOut();
    print.println("this head: " + summary(scores));
    if (compare) {
      List<DecisionExample> states = examples.stream().map(this::withoutScore).toList();
      double[] original = foldScores(crossValidate(settings().original(), states));
      print.println("original recipe: " + summary(original));
      Interval gain = CrossValidation.difference(scores, original, folds);
      print.printf(
          "gain: %+.4f, 95%% interval %+.4f to %+.4f (corrected for what folds share)%n",
          gain.mean(), gain.low(), gain.high());
    }
    DecisionReport report = reports.get(0);
    print.printf("decided (columns) by truth (rows): %s%n", report.confusion());
    print.printf(
        "retrieves from probability %.2f, calibration error %.3f%n",
        report.threshold(), report.calibrationError());
    ours.train(examples, report.threshold()).write(target);
    print.println("written: " + target);
    return 0;
  }

  private DecisionTraining.Builder settings() {
    return DecisionTraining.builder()
        .shrinkage(shrinkage)
        .classWeights(classWeights)
        .chooseThreshold(chooseThreshold)
        .folds(folds)
        .seed(seed);
  }

  private List<DecisionReport> crossValidate(
      DecisionTraining.Builder settings, List<DecisionExample> examples) {
    return IntStream.range(0, repeats)
        .mapToObj(repeat -> settings.seed(seed + 1000L * repeat).build().crossValidate(examples))
        .toList();
  }

  private static double[] foldScores(List<DecisionReport> reports) {
    return reports.stream()
        .flatMap(report -> report.foldMacroF1().stream())
        .mapToDouble(score -> score)
        .toArray();
  }

  private static String summary(double[] scores) {
    double deviation = Bootstrap.standardError(scores) * Math.sqrt(scores.length);
    return "macro F1 %.4f ± %.4f over %d folds"
        .formatted(Arrays.stream(scores).average().orElseThrow(), deviation, scores.length);
  }

  private Path target() {
    if (out != null) {
      return out;
    }
    if (engine.model == null) {
      throw new IllegalArgumentException(
          "the small model that ships with the library is not changed; give --model DIR or --out"
              + " FILE.safetensors");
    }
    return engine.model.resolve("decision.safetensors");
  }

  /** Asks the model for a picture for each prompt that people agreed on. */
  private List<DecisionExample> examples(List<Votes.Row> rows) {
    List<Votes.Row> agreed = rows.stream().filter(row -> row.vote() != Vote.SAME).toList();
    long generate = agreed.stream().filter(row -> row.vote() == Vote.GENERATE).count();
    long retrieve = agreed.size() - generate;
    if (Math.min(generate, retrieve) < folds) {
      throw new IllegalArgumentException(
          "%s has %d prompts to generate (gen) and %d to retrieve (ret); %d folds need %d or more of"
                  .formatted(votes, generate, retrieve, folds, folds)
              + " each: add votes or lower --folds");
    }
    spec.commandLine()
        .getOut()
        .printf(
            "%d prompts: %d to generate, %d to retrieve, %d without agreement left out%n",
            rows.size(), generate, retrieve, rows.size() - agreed.size());
    List<DecisionExample> examples = new ArrayList<>();
    try (Gill gill = engine.builder().build();
        ProgressBar bar =
            new ProgressBarBuilder()
                .setTaskName("states")
                .setInitialMax(agreed.size())
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(1000)
                .build()) {
      for (Votes.Row row : agreed) {
        examples.add(new DecisionExample(features(gill, row.prompt()), row.vote().label()));
        bar.step();
      }
    }
    return examples;
  }

  private float[] features(Gill gill, String text) {
    DecisionFeatures features = DecisionFeatures.of(gill, text);
    if (!topScore) {
      return features.state();
    }
    if (features.topScore().isEmpty()) {
      throw new RetrievalException(
          "the model has no candidates to score; leave out --top-score or build an index");
    }
    return features.withScore();
  }

  private DecisionExample withoutScore(DecisionExample example) {
    float[] features = example.features();
    int states = features.length - (topScore ? 1 : 0);
    return new DecisionExample(Arrays.copyOf(features, states), example.label());
  }
}
