package io.github.gill.examples.eval;

import static io.github.gill.examples.eval.EvaluatedModel.OWN;
import static io.github.gill.examples.eval.EvaluationData.CAPTION;
import static io.github.gill.examples.eval.EvaluationData.LAST_CAPTION;
import static io.github.gill.examples.eval.EvaluationData.PICTURES;
import static io.github.gill.examples.eval.EvaluationData.ROUNDS;
import static io.github.gill.examples.eval.EvaluationData.STORY_CONTEXTS;
import static io.github.gill.examples.eval.Tasks.BASELINE;
import static io.github.gill.examples.eval.Tasks.SIMILARITY;
import static io.github.gill.examples.eval.Tasks.VISDIAL;
import static io.github.gill.examples.eval.Tasks.VIST;

import io.github.gill.examples.eval.Claim.Evidence;
import io.github.gill.examples.eval.Scores.Column;
import io.github.gill.examples.eval.metrics.Bootstrap;
import io.github.gill.examples.eval.metrics.CrossValidation;
import io.github.gill.examples.eval.metrics.Interval;
import io.github.gill.retrieval.DecisionReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Results in words and tables. */
final class Report {

  private static final String FIRST = "The first %d, not chosen.";

  private final Scores scores;
  private final EvaluationData data;
  private final int textPositions;
  private final Map<String, String> settings;
  private final List<Block> blocks = new ArrayList<>();

  /**
   * Writes the report.
   *
   * @param results all there are
   * @param data the items
   * @param textPositions how many tokens the baseline's text encoder reads
   * @param settings what the results depend on
   * @param command what makes them again
   */
  Report(
      Collection<Result> results,
      EvaluationData data,
      int textPositions,
      Map<String, String> settings,
      String command) {
    this.scores = new Scores(results);
    this.data = data;
    this.textPositions = textPositions;
    this.settings = settings;
    heading(1, "GILL's claims and " + settings.get("model"));
    introduction();
    claims();
    stories();
    dialogues();
    maps();
    retrieval();
    decision();
    recipes();
    naming();
    refinement();
    dataSets();
    heading(2, "How to make this again");
    blocks.add(new Block.Command(command));
    paragraph(
        "A run that was stopped goes on where it ended; results.jsonl in the output folder has"
            + " every figure item by item, index.html the pictures.");
  }

  List<Block> blocks() {
    return List.copyOf(blocks);
  }

  private void heading(int level, String text) {
    blocks.add(new Block.Heading(level, text));
  }

  private void paragraph(String text) {
    blocks.add(new Block.Paragraph(text));
  }

  private void table(List<String> header, List<List<String>> rows) {
    blocks.add(new Block.Table(header, rows));
  }

  private void introduction() {
    paragraph(
        "The experiments of the paper (Koh, Fried and Salakhutdinov, NeurIPS 2023), repeated with"
            + " the model %s on held-out data, and its claims one by one."
                .formatted(settings.get("model"))
            + " CLIP similarity is the cosine between CLIP's features of a drawn picture and of the"
            + " true one: higher is better. A figure is a mean over all items; behind ± stands the"
            + " standard error over %s pictures of other noise for each prompt, in brackets the 95%%"
                .formatted(settings.get("runs"))
                .replace("%%", "%")
            + " bootstrap interval over items. The row \"%s\" is what chance gives."
                .formatted(Tasks.CHANCE)
            + " Pictures: %s, %s steps, guidance %s."
                .formatted(
                    settings.get("scheduler"), settings.get("steps"), settings.get("guidance")));
    if (textPositions > 0) {
      paragraph(
          "The text-only baseline is the same image generator with its own text encoder, which"
              + " reads"
              + " %d tokens and not more: of five captions or ten rounds it sees the beginning, as"
                  .formatted(textPositions)
              + " in the paper, where the limit is 77.");
    }
  }

  private void claims() {
    List<Claim> claims = new PaperClaims(scores).held();
    if (claims.isEmpty()) {
      return;
    }
    heading(2, "What the figures say to the claims");
    paragraph(
        "Of %d claims: %s. A difference is shown where its 95%% interval leaves out zero and the"
                .formatted(claims.size(), tally(claims))
            + " paired test says p < 0.05; otherwise it is not shown, whatever its mean.");
    blocks.add(new Block.Claims(claims));
  }

  private static String tally(List<Claim> claims) {
    return Stream.of(Claim.Verdict.values())
        .map(
            verdict -> {
              long count = claims.stream().filter(claim -> claim.verdict() == verdict).count();
              return count == 0 ? "" : count + " " + verdict.tally();
            })
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(", "));
  }

  private void stories() {
    if (scores.systems(VIST).isEmpty()) {
      return;
    }
    heading(2, "Pictures for stories (VIST)");
    paragraph(
        "The last picture of a story of five, drawn from its caption, from all five captions, and"
            + " from those with the four pictures before it between them.");
    similarities(VIST, STORY_CONTEXTS);
    paper(
        STORY_CONTEXTS,
        List.of(
            List.of("GLIDE", "0.582", "0.591", "–"),
            List.of(BASELINE, "0.592", "0.598", "–"),
            List.of(OWN, "0.581", "0.612", "0.641")));
    gallery(VIST, data.stories(), 24, FIRST);
  }

  private void dialogues() {
    if (scores.systems(VISDIAL).isEmpty()) {
      return;
    }
    heading(2, "Pictures for dialogues (VisDial)");
    paragraph("The picture that a dialogue is about, drawn after 1, 5 and 10 rounds of it.");
    similarities(VISDIAL, ROUNDS);
    paper(
        ROUNDS,
        List.of(
            List.of("GLIDE", "0.562", "0.595", "0.587"),
            List.of(BASELINE, "0.552", "0.629", "0.622"),
            List.of(OWN, "0.528", "0.621", "0.645")));
    gallery(VISDIAL, data.dialogues(), 16, FIRST);
  }

  private void paper(List<String> contexts, List<List<String>> rows) {
    List<String> header = new ArrayList<>(List.of("in the paper"));
    header.addAll(contexts);
    table(header, rows);
  }

  /** One row a system, one column a context; a table for each measure that was taken. */
  private void similarities(String task, List<String> contexts) {
    similarities(task, contexts, "CLIP similarity ↑", SIMILARITY);
    if (scores.has(task, Tasks.LPIPS)) {
      similarities(task, contexts, "LPIPS ↓", Tasks.LPIPS);
    }
  }

  private void similarities(String task, List<String> contexts, String title, String score) {
    List<String> header = new ArrayList<>(List.of(title));
    header.addAll(contexts);
    List<List<String>> rows = new ArrayList<>();
    for (String system : systems(task)) {
      if (PaperClaims.SIMPLER.containsKey(system)) {
        continue;
      }
      List<String> row = new ArrayList<>(List.of(title(system)));
      for (String context : contexts) {
        row.add(figure(new Column(task, context, system, score)));
      }
      rows.add(row);
    }
    table(header, rows);
  }

  /** A task's systems as the paper orders them: baselines, maps, GILL; chance comes last. */
  private List<String> systems(String task) {
    return scores.systems(task).stream().sorted(Comparator.comparing(Report::place)).toList();
  }

  static int place(String system) {
    return system.equals(Tasks.CHANCE)
        ? 4
        : system.equals(OWN)
            ? 3
            : PaperClaims.SIMPLER.containsKey(system) ? 2 : system.equals(BASELINE) ? 0 : 1;
  }

  static String title(String system) {
    return PaperClaims.SIMPLER.getOrDefault(system, system);
  }

  private String figure(Column column) {
    Optional<Interval> mean = scores.mean(column);
    if (mean.isEmpty()) {
      return "–";
    }
    String error =
        scores.overRuns(column).map(e -> String.format(Locale.ROOT, " ± %.3f", e)).orElse("");
    Interval interval = mean.get();
    return minus(
        String.format(
            Locale.ROOT,
            "%.3f%s (%.3f to %.3f)",
            interval.mean(),
            error,
            interval.low(),
            interval.high()));
  }

  static String minus(String figure) {
    return figure.replace('-', '−');
  }

  private void maps() {
    if (scores.systems(Tasks.CAPTIONS).isEmpty()) {
      return;
    }
    heading(2, "Pictures for captions (CC3M), and the maps");
    paragraph(
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
    for (String system : systems(Tasks.CAPTIONS)) {
      List<String> row = new ArrayList<>(List.of(title(system)));
      row.add(figure(new Column(Tasks.CAPTIONS, CAPTION, system, SIMILARITY)));
      row.add(figure(new Column(Tasks.CAPTIONS, CAPTION, system, Tasks.FIT)));
      distances
          .keySet()
          .forEach(
              score -> row.add(distance(new Column(Tasks.COLLECTION, CAPTION, system, score))));
      row.add(figure(new Column(VIST, PICTURES, system, SIMILARITY)));
      rows.add(row);
    }
    table(header, rows);
    table(
        List.of("in the paper", "FID on CC3M ↓", "VIST ↑"),
        List.of(
            List.of(BASELINE, "13.94", "0.598"),
            List.of("linear map", "15.50", "0.500"),
            List.of("3-layer MLP", "15.33", "0.502"),
            List.of("transformer encoder", "16.30", "0.605"),
            List.of(OWN, "15.31", "0.641")));
    gallery(Tasks.CAPTIONS, data.captions(), 24, FIRST);
  }

  /** A distance of collections: one number a run, so nothing to resample. */
  private String distance(Column column) {
    String error =
        scores.overRuns(column).map(e -> String.format(Locale.ROOT, " ± %.4f", e)).orElse("");
    return scores
        .mean(column)
        .map(mean -> minus(String.format(Locale.ROOT, "%.4f%s", mean.mean(), error)))
        .orElse("–");
  }

  private void retrieval() {
    if (scores.systems(Tasks.RETRIEVAL).isEmpty()) {
      return;
    }
    double pool =
        scores
            .mean(new Column(Tasks.RETRIEVAL, LAST_CAPTION, OWN, Tasks.POOL))
            .map(Interval::mean)
            .orElse(0.0);
    heading(2, "Finding a story's last picture");
    paragraph(
        "As in FROMAGe: the share of stories whose last picture is the best, among the best five,"
            + " or"
            + " the best ten of the %.0f pictures of all stories; those that the prompt has shown are"
                .formatted(pool)
            + " left out, unless the last one is the same. CLIP reads the words alone.");
    List<List<String>> rows = new ArrayList<>();
    for (String system : scores.systems(Tasks.RETRIEVAL)) {
      for (String context : STORY_CONTEXTS) {
        Map<String, Result> own =
            scores.column(new Column(Tasks.RETRIEVAL, context, system, Tasks.RANK));
        if (!own.isEmpty()) {
          rows.add(
              List.of(
                  system,
                  context,
                  figure(new Column(Tasks.RETRIEVAL, context, system, "R@1")),
                  figure(new Column(Tasks.RETRIEVAL, context, system, "R@5")),
                  figure(new Column(Tasks.RETRIEVAL, context, system, "R@10"))));
        }
      }
    }
    table(List.of("", "given", "R@1 ↑", "R@5 ↑", "R@10 ↑"), rows);
    gallery(Tasks.RETRIEVAL, data.searchedStories(), 8, "The best found for the first %d stories.");
  }

  private void decision() {
    DecisionScores decisions = DecisionScores.of(scores);
    if (decisions.size() == 0) {
      return;
    }
    DecisionReport report = decisions.report();
    heading(2, "Finding or drawing");
    paragraph(
        "The decision head on %d prompts that have a label: macro F1, the mean of F1 over both labels."
            .formatted(decisions.size()));
    table(
        List.of("", "macro F1 ↑"),
        List.of(
            List.of("decision head", number(report.macroF1())),
            List.of("always generate", number(decisions.always(0))),
            List.of("always retrieve", number(decisions.always(1)))));
    table(
        List.of("labelled", "decided: generate", "decided: retrieve"),
        List.of(
            row("generate", report.confusion().get(0)),
            row("retrieve", report.confusion().get(1))));
    paragraph(
        String.format(
            Locale.ROOT,
            "It is right in %.1f%% of the cases. Its probabilities are off by %.3f on average"
                + " (expected calibration error over ten bins).",
            100 * report.accuracy(),
            report.calibrationError()));
    blocks.add(new Block.Bars("probability that retrieving is better", decisions.bins()));
  }

  private void recipes() {
    Map<String, Column> columns = new LinkedHashMap<>();
    for (String name : scores.systems(Tasks.RECIPES)) {
      columns.put(name, new Column(Tasks.RECIPES, DecisionRecipes.CONTEXT, name, Tasks.MACRO_F1));
    }
    if (!columns.containsKey(DecisionRecipes.ORIGINAL)) {
      return;
    }
    double[] original = folds(columns.get(DecisionRecipes.ORIGINAL));
    heading(2, "Training the head that decides");
    paragraph(
        "The same prompts again, now to train on: %s of each way of training, all on the same folds and,"
                .formatted(DecisionRecipes.CONTEXT)
            + " but for the last, on the same features, the state of [IMG0]. The original recipe is"
            + " gradient descent with dropout; train-decision solves a shrunk discriminant with"
            + " equal weights for both labels and chooses its threshold on the other folds; with"
            + " --top-score the head sees the best candidate's score, too. Intervals are corrected"
            + " for what folds share (Nadeau and Bengio 2003).");
    List<List<String>> rows = new ArrayList<>();
    columns.forEach(
        (name, column) -> {
          double[] own = folds(column);
          Interval gain = CrossValidation.difference(own, original, DecisionRecipes.FOLDS);
          boolean first = name.equals(DecisionRecipes.ORIGINAL);
          rows.add(
              List.of(
                  name,
                  number(Arrays.stream(own).average().orElseThrow())
                      + " ± "
                      + number(Bootstrap.standardError(own) * Math.sqrt(own.length)),
                  first ? "–" : new Evidence(name, gain, Double.NaN).figure(),
                  first ? "" : new Evidence(name, gain, Double.NaN).verdict().toString()));
        });
    table(
        List.of("", "macro F1 ↑ ± deviation over folds", "gain over the original recipe", ""),
        rows);
  }

  private double[] folds(@Nullable Column column) {
    return scores.column(Objects.requireNonNull(column)).values().stream()
        .flatMap(result -> Objects.requireNonNull(result.scores().get(Tasks.MACRO_F1)).stream())
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  private static List<String> row(String name, List<Integer> counts) {
    return List.of(name, counts.get(0).toString(), counts.get(1).toString());
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private void naming() {
    Column named = new Column(Tasks.NAMING, "picture", OWN, Tasks.NAME_FOUND);
    scores
        .mean(named)
        .ifPresent(
            mean -> {
              heading(2, "Saying what a picture shows");
              paragraph(
                  "From the visual prefix alone, with the words \"a picture of\" behind it. The"
                      + " share of "
                      + mean.n()
                      + " pictures whose thing is named is "
                      + figure(named)
                      + "; CLIP's cosine between what is said and the picture is "
                      + figure(new Column(Tasks.NAMING, "picture", OWN, Tasks.FIT))
                      + ".");
              Map<String, Result> said = scores.column(named);
              blocks.add(
                  new Block.Figures(
                      data.names().stream()
                          .limit(24)
                          .filter(item -> said.containsKey(item.id()))
                          .map(item -> new Block.Gallery.Cell(words(item, said), item.picture()))
                          .toList()));
            });
  }

  private static String words(EvaluationData.Named item, Map<String, Result> said) {
    Result result = Objects.requireNonNull(said.get(item.id()));
    return "“%s”\nis: %s".formatted(Objects.requireNonNullElse(result.text(), ""), item.name());
  }

  private void refinement() {
    if (scores.systems(Tasks.REFINEMENT).isEmpty()) {
      return;
    }
    heading(2, "Changing a picture");
    paragraph(
        "A picture and a wish: the likeness to the picture that would grant it. The request alone"
            + " names the thing and its new colour, but only the picture shows how it is drawn.");
    similarities(
        Tasks.REFINEMENT,
        List.of(EvaluationData.REQUEST, EvaluationData.SHOWN, EvaluationData.BEGUN));
    gallery(Tasks.REFINEMENT, data.refinements(), 16, FIRST);
  }

  private void dataSets() {
    heading(2, "Data");
    data.about().lines().filter(line -> !line.isBlank()).forEach(this::paragraph);
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
    table(List.of("data set", "items", "left out", "why"), rows);
    List<Result> failed = scores.failed();
    paragraph(
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

  private void gallery(String task, List<GenerationItem> items, int count, String words) {
    List<Block.Gallery.Row> rows =
        items.stream()
            .limit(count)
            .map(item -> Galleries.row(task, item, scores, systems(task)))
            .toList();
    blocks.add(new Block.Gallery(words.formatted(rows.size()), rows));
  }
}
