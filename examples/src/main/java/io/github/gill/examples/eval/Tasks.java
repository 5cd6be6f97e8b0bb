package io.github.gill.examples.eval;

import io.github.gill.AnswerPart;
import io.github.gill.Decision;
import io.github.gill.PromptPart;
import io.github.gill.examples.eval.EvaluationData.Named;
import io.github.gill.examples.eval.EvaluationData.Voted;
import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.Result.Outcome;
import io.github.gill.examples.eval.data.Vote;
import io.github.gill.examples.eval.metrics.ClipSimilarity;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The measurements of each task, one job for every item, context and system. */
final class Tasks {

  static final String VIST = "vist";
  static final String VISDIAL = "visdial";
  static final String CAPTIONS = "captions";
  static final String REFINEMENT = "refinement";
  static final String RETRIEVAL = "retrieval";
  static final String NAMING = "naming";
  static final String DECISION = "decision";
  static final String COLLECTION = "collection";
  static final String RECIPES = "recipes";

  /** All of them in the order in which they run; the cheap ones come first. */
  static final List<String> ALL =
      List.of(
          DECISION, RECIPES, NAMING, RETRIEVAL, VIST, VISDIAL, CAPTIONS, COLLECTION, REFINEMENT);

  /** The text-only baseline. */
  static final String BASELINE = "Stable Diffusion";

  /** The retrieval baseline: CLIP's own text tower on the words. */
  static final String CLIP = "CLIP";

  /** What chance gives: a picture that has nothing to do with the item. */
  static final String CHANCE = "another item's picture";

  /** How alike a drawn and the true picture are. */
  static final String SIMILARITY = "clip";

  /** How well a drawn picture fits the words. */
  static final String FIT = "text";

  /** Whether the true picture is among the best so many. */
  static final Map<String, Integer> RECALLS = Map.of("R@1", 1, "R@5", 5, "R@10", 10);

  static final String RANK = "rank";
  static final String POOL = "pool";
  static final String NAME_FOUND = "named";
  static final String RETRIEVE = "retrieve";
  static final String CHOSEN = "chosen";
  static final String VOTE = "vote";
  static final String MACRO_F1 = "macro F1";
  static final String FRECHET = "frechet";

  /** How unlike people would find a drawn and the true picture. */
  static final String LPIPS = "lpips";

  static final String FID = "fid";
  static final String KID = "kid";

  private static final String BEGIN = "a picture of";
  private static final int WORDS = 8;

  private final EvaluatedModel model;
  private final TaskSetup setup;

  Tasks(TaskSetup setup) {
    this.model = setup.model();
    this.setup = setup;
  }

  /**
   * Lists what a task measures; jobs of the same prompt follow each other. The ablation's maps draw
   * from the richest context alone, as in the paper.
   */
  List<Job> jobs(String task, EvaluationData data) {
    return switch (task) {
      case VIST -> new DrawingTask(setup).jobs(data.stories(), model.maps());
      case VISDIAL -> new DrawingTask(setup).jobs(data.dialogues(), Set.of(EvaluatedModel.OWN));
      case CAPTIONS -> new DrawingTask(setup).jobs(data.captions(), model.maps());
      case REFINEMENT ->
          new DrawingTask(setup).jobs(data.refinements(), Set.of(EvaluatedModel.OWN));
      case COLLECTION -> new CollectionTask(setup).jobs(data.captions());
      case RETRIEVAL -> new RetrievalTask(setup).jobs(data.searchedStories());
      case NAMING -> data.names().stream().map(this::naming).toList();
      case DECISION -> data.decisions().stream().map(this::decision).toList();
      case RECIPES -> recipes(data.decisions());
      default ->
          throw new IllegalArgumentException(
              "task is \"" + task + "\"; use " + String.join(", ", ALL));
    };
  }

  private Job naming(Named item) {
    return Job.quick(
        new Result.Key(NAMING, item.id(), "picture", EvaluatedModel.OWN),
        () -> {
          String said = model.caption(item.picture(), BEGIN, WORDS);
          boolean named =
              said.toLowerCase(Locale.ROOT).contains(item.name().toLowerCase(Locale.ROOT));
          double fit =
              ClipSimilarity.cosine(
                  model.clip().textFeatures(said), model.features(item.picture()));
          return new Outcome(
              Map.of(NAME_FOUND, List.of(named ? 1.0 : 0.0), FIT, List.of(fit)), List.of(), said);
        });
  }

  private Job decision(Voted item) {
    return Job.quick(
        new Result.Key(DECISION, item.id(), "prompt", EvaluatedModel.OWN),
        () -> {
          EvaluatedModel.States states = model.read(List.of(new PromptPart.Text(item.text())));
          AnswerPart.Probabilities probabilities = states.probabilities();
          if (probabilities == null) {
            throw new Unmeasured("the model has no decision head");
          }
          return Outcome.of(
              Map.of(
                  RETRIEVE, List.of((double) probabilities.retrieve()),
                  CHOSEN, List.of(states.decision() == Decision.RETRIEVE ? 1.0 : 0.0),
                  VOTE, List.of(item.vote() == Vote.RETRIEVE ? 1.0 : 0.0)));
        });
  }

  /** Cross-validates the ways of training a decision head, all on the same folds. */
  private List<Job> recipes(List<Voted> items) {
    DecisionRecipes recipes =
        new DecisionRecipes(items, model::decisionFeatures, setup.drawing().seed());
    return recipes.names().stream()
        .map(
            name ->
                new Job(
                    new Result.Key(
                        RECIPES, items.size() + " prompts", DecisionRecipes.CONTEXT, name),
                    items.size(),
                    () -> Outcome.of(Map.of(MACRO_F1, recipes.foldScores(name)))))
        .toList();
  }

  /** An item that cannot be measured, which the results then say. */
  static final class Unmeasured extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unmeasured(String reason) {
      super(reason);
    }
  }
}
