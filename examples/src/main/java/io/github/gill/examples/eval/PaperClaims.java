package io.github.gill.examples.eval;

import static io.github.gill.examples.eval.EvaluatedModel.OWN;
import static io.github.gill.examples.eval.EvaluationData.CAPTION;
import static io.github.gill.examples.eval.EvaluationData.CAPTIONS;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the paper claims (its sections 4 and 5), each held against the scores. */
final class PaperClaims {

  /** The simpler maps of the paper's ablation, by their names in {@code text_fc_mode}. */
  static final Map<String, String> SIMPLER =
      Map.of(
          "linear", "linear map",
          "mlp", "3-layer MLP",
          "transformer_encoder", "transformer encoder");

  private final Scores scores;

  PaperClaims(Scores scores) {
    this.scores = scores;
  }

  /** Those that there are scores for. */
  List<Claim> held() {
    return Stream.of(
            longerContext(),
            pictures(),
            picturesMoreThanWords(),
            mapper(),
            longText(),
            shortText(),
            findsByContext(),
            decides())
        .filter(claim -> !claim.evidence().isEmpty())
        .toList();
  }

  private Claim longerContext() {
    List<Evidence> evidence = new ArrayList<>();
    add(
        evidence,
        "stories: 5 captions against the last one",
        VIST,
        CAPTIONS,
        OWN,
        LAST_CAPTION,
        OWN);
    add(evidence, "dialogues: 5 rounds against 1", VISDIAL, ROUNDS.get(1), OWN, ROUNDS.get(0), OWN);
    add(
        evidence,
        "dialogues: 10 rounds against 5",
        VISDIAL,
        ROUNDS.get(2),
        OWN,
        ROUNDS.get(1),
        OWN);
    return new Claim(
        "Does a longer context help GILL?",
        "Yes: 0.581 → 0.612 on VIST, 0.528 → 0.621 → 0.645 on VisDial.",
        "%s on stories, %s on dialogues."
            .formatted(
                means(" → ", vist(LAST_CAPTION, OWN), vist(CAPTIONS, OWN)),
                means(" → ", ROUNDS.stream().map(r -> visdial(r, OWN)).toArray(Column[]::new))),
        evidence);
  }

  private Claim pictures() {
    List<Evidence> evidence = new ArrayList<>();
    add(evidence, "stories: 4 pictures added to 5 captions", VIST, PICTURES, OWN, CAPTIONS, OWN);
    return new Claim(
        "Do pictures in the context help?",
        "Yes: 0.612 → 0.641 on VIST.",
        means(" → ", vist(CAPTIONS, OWN), vist(PICTURES, OWN)) + " on stories.",
        evidence);
  }

  private Claim picturesMoreThanWords() {
    List<Evidence> evidence = new ArrayList<>();
    moreThanWords().ifPresent(evidence::add);
    return new Claim(
        "Do pictures in the context help more than words?",
        "They add to words: 4 more captions give 0.031, 4 pictures another 0.029.",
        means(" → ", vist(LAST_CAPTION, OWN), vist(CAPTIONS, OWN), vist(PICTURES, OWN))
            + " with one caption, five, and four pictures too.",
        evidence);
  }

  /** What pictures add, less what words add. */
  private Optional<Evidence> moreThanWords() {
    Map<String, Result> one = scores.column(vist(LAST_CAPTION, OWN));
    Map<String, Result> five = scores.column(vist(CAPTIONS, OWN));
    Map<String, Result> all = scores.column(vist(PICTURES, OWN));
    Set<String> items = new TreeSet<>(one.keySet());
    items.retainAll(five.keySet());
    items.retainAll(all.keySet());
    if (items.isEmpty()) {
      return Optional.empty();
    }
    double[] pictures = gains(items, all, five);
    double[] words = gains(items, five, one);
    Scores.Difference difference = Scores.difference(pictures, words);
    return Optional.of(
        new Evidence(
            "stories: what 4 pictures add, less what 4 more captions add",
            difference.interval(),
            difference.p()));
  }

  private static double[] gains(
      Set<String> items, Map<String, Result> above, Map<String, Result> below) {
    return items.stream()
        .mapToDouble(
            item ->
                Objects.requireNonNull(Objects.requireNonNull(above.get(item)).mean(SIMILARITY))
                    - Objects.requireNonNull(
                        Objects.requireNonNull(below.get(item)).mean(SIMILARITY)))
        .toArray();
  }

  private Claim mapper() {
    List<Evidence> evidence = new ArrayList<>();
    for (String map : simplerMaps()) {
      String name = SIMPLER.getOrDefault(map, map);
      add(
          evidence,
          "stories, all context: against the " + name,
          VIST,
          PICTURES,
          OWN,
          PICTURES,
          map);
      add(evidence, "captions: against the " + name, Tasks.CAPTIONS, CAPTION, OWN, CAPTION, map);
    }
    return new Claim(
        "Does GILLMapper beat simpler maps?",
        "Yes on VIST: 0.641 against 0.500 (linear), 0.502 (MLP), 0.605 (encoder). On captions they"
            + " are close: FID 15.31 against 15.50, 15.33, 16.30.",
        "%s on stories, %s on captions; GILLMapper stands first, then %s."
            .formatted(
                maps(map -> vist(PICTURES, map)),
                maps(map -> new Column(Tasks.CAPTIONS, CAPTION, map, SIMILARITY)),
                simplerMaps().stream().map(ScoreText::title).collect(Collectors.joining(", "))),
        evidence);
  }

  /** GILLMapper's mean against those of the simpler maps. */
  private String maps(Function<String, Column> column) {
    return means(" against ", column.apply(OWN))
        + " against "
        + means(", ", simplerMaps().stream().map(column).toArray(Column[]::new));
  }

  /** Means with something between them. */
  private String means(String between, Column... columns) {
    return Stream.of(columns)
        .map(scores::mean)
        .map(mean -> mean.map(m -> ScoreText.minus(ScoreText.number(m.mean()))).orElse("–"))
        .collect(Collectors.joining(between));
  }

  private List<String> simplerMaps() {
    Set<String> maps = new TreeSet<>(scores.systems(VIST));
    maps.addAll(scores.systems(Tasks.CAPTIONS));
    maps.retainAll(SIMPLER.keySet());
    return List.copyOf(maps);
  }

  private Claim longText() {
    List<Evidence> evidence = new ArrayList<>();
    add(evidence, "stories, 5 captions", VIST, CAPTIONS, OWN, CAPTIONS, BASELINE);
    add(evidence, "stories, all that each can read", VIST, PICTURES, OWN, CAPTIONS, BASELINE);
    add(evidence, "dialogues, 10 rounds", VISDIAL, ROUNDS.get(2), OWN, ROUNDS.get(2), BASELINE);
    return new Claim(
        "Does GILL beat the text-only baseline on long contexts?",
        "Yes: 0.612 and, with pictures, 0.641 against 0.598 on VIST; 0.645 against 0.622 on"
            + " VisDial.",
        "%s and, with pictures, %s against %s on stories; %s on dialogues."
            .formatted(
                means("", vist(CAPTIONS, OWN)),
                means("", vist(PICTURES, OWN)),
                means("", vist(CAPTIONS, BASELINE)),
                means(" against ", visdial(ROUNDS.get(2), OWN), visdial(ROUNDS.get(2), BASELINE))),
        evidence);
  }

  private Claim shortText() {
    List<Evidence> evidence = new ArrayList<>();
    add(evidence, "captions", Tasks.CAPTIONS, CAPTION, BASELINE, CAPTION, OWN);
    add(evidence, "stories, last caption alone", VIST, LAST_CAPTION, BASELINE, LAST_CAPTION, OWN);
    add(evidence, "dialogues, 1 round", VISDIAL, ROUNDS.get(0), BASELINE, ROUNDS.get(0), OWN);
    return new Claim(
        "Does the text-only baseline win on short texts?",
        "Yes: 0.592 against 0.581 on one caption, 0.552 against 0.528 on one round; FID 13.94"
            + " against 15.31 on captions.",
        "%s on captions, %s on a story's last caption, %s on one round."
            .formatted(
                means(
                    " against ",
                    new Column(Tasks.CAPTIONS, CAPTION, BASELINE, SIMILARITY),
                    new Column(Tasks.CAPTIONS, CAPTION, OWN, SIMILARITY)),
                means(" against ", vist(LAST_CAPTION, BASELINE), vist(LAST_CAPTION, OWN)),
                means(" against ", visdial(ROUNDS.get(0), BASELINE), visdial(ROUNDS.get(0), OWN))),
        evidence);
  }

  private Claim findsByContext() {
    List<Evidence> evidence = new ArrayList<>();
    for (String score : List.of("R@1", "R@10")) {
      add(
          evidence,
          score + ": 5 captions against the last one",
          new Column(Tasks.RETRIEVAL, CAPTIONS, OWN, score),
          new Column(Tasks.RETRIEVAL, LAST_CAPTION, OWN, score));
      add(
          evidence,
          score + ": 4 pictures added to 5 captions",
          new Column(Tasks.RETRIEVAL, PICTURES, OWN, score),
          new Column(Tasks.RETRIEVAL, CAPTIONS, OWN, score));
    }
    return new Claim(
        "Does context help to find a picture too?",
        "Yes, as FROMAGe showed before: pictures in the context more than captions.",
        "R@1 %s, R@10 %s with one caption, five, and four pictures too."
            .formatted(
                means(
                    " → ",
                    STORY_CONTEXTS.stream()
                        .map(c -> new Column(Tasks.RETRIEVAL, c, OWN, "R@1"))
                        .toArray(Column[]::new)),
                means(
                    " → ",
                    STORY_CONTEXTS.stream()
                        .map(c -> new Column(Tasks.RETRIEVAL, c, OWN, "R@10"))
                        .toArray(Column[]::new))),
        evidence);
  }

  private Claim decides() {
    List<Evidence> evidence = new ArrayList<>();
    DecisionScores decisions = DecisionScores.of(scores);
    if (decisions.size() > 0) {
      evidence.add(
          new Evidence("macro F1 against always generating", decisions.gainOver(0), Double.NaN));
      evidence.add(
          new Evidence("macro F1 against always retrieving", decisions.gainOver(1), Double.NaN));
    }
    return new Claim(
        "Does deciding beat always generating and always retrieving?",
        "Yes, though the task is hard: macro F1 about 0.54 on PartiPrompts.",
        decisions.size() == 0
            ? ""
            : "macro F1 %s against %s and %s."
                .formatted(
                    ScoreText.number(decisions.report().macroF1()),
                    ScoreText.number(decisions.always(0)),
                    ScoreText.number(decisions.always(1))),
        evidence);
  }

  private static Column vist(String context, String system) {
    return new Column(VIST, context, system, SIMILARITY);
  }

  private static Column visdial(String context, String system) {
    return new Column(VISDIAL, context, system, SIMILARITY);
  }

  private void add(
      List<Evidence> evidence,
      String words,
      String task,
      String context,
      String system,
      String otherContext,
      String otherSystem) {
    add(
        evidence,
        words,
        new Column(task, context, system, SIMILARITY),
        new Column(task, otherContext, otherSystem, SIMILARITY));
  }

  private void add(List<Evidence> evidence, String words, Column above, Column below) {
    scores
        .difference(above, below)
        .ifPresent(
            difference -> evidence.add(new Evidence(words, difference.interval(), difference.p())));
  }
}
