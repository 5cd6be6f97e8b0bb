package io.github.gill.examples.eval;

import io.github.gill.AnswerPart;
import io.github.gill.Decision;
import io.github.gill.DiffusionSettings;
import io.github.gill.PromptPart;
import io.github.gill.examples.eval.EvaluationData.Named;
import io.github.gill.examples.eval.EvaluationData.Voted;
import io.github.gill.examples.eval.GenerationItem.Context;
import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.Result.Outcome;
import io.github.gill.examples.eval.data.PictureFolder;
import io.github.gill.examples.eval.data.Vote;
import io.github.gill.examples.eval.metrics.ClipSimilarity;
import io.github.gill.examples.eval.metrics.FrechetDistance;
import io.github.gill.examples.eval.metrics.InceptionFeatures;
import io.github.gill.examples.eval.metrics.KernelDistance;
import io.github.gill.examples.eval.metrics.Lpips;
import io.github.gill.vision.PngWriter;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
  private final Path out;
  private final DiffusionSettings drawing;
  private final int runs;
  private final Map<String, Path> external;
  private final @Nullable Lpips lpips;
  private final @Nullable InceptionFeatures inception;

  /**
   * Sets the tasks up.
   *
   * @param model what is measured
   * @param out where pictures are written
   * @param drawing how pictures are drawn; each item adds its number to the seed
   * @param runs how many pictures are drawn for each item, context and system
   * @param external folders of pictures made elsewhere, by system
   * @param lpips compares pictures as people do, or null without its weights
   * @param inception sees pictures for FID and KID, or null without its weights
   */
  Tasks(
      EvaluatedModel model,
      Path out,
      DiffusionSettings drawing,
      int runs,
      Map<String, Path> external,
      @Nullable Lpips lpips,
      @Nullable InceptionFeatures inception) {
    this.model = model;
    this.out = out;
    this.drawing = drawing;
    this.runs = runs;
    this.external = external;
    this.lpips = lpips;
    this.inception = inception;
  }

  /**
   * Lists what a task measures; jobs of the same prompt follow each other. The ablation's maps draw
   * from the richest context alone, as in the paper.
   */
  List<Job> jobs(String task, EvaluationData data) {
    return switch (task) {
      case VIST -> drawing(data.stories(), model.maps());
      case VISDIAL -> drawing(data.dialogues(), Set.of(EvaluatedModel.OWN));
      case CAPTIONS -> drawing(data.captions(), model.maps());
      case REFINEMENT -> drawing(data.refinements(), Set.of(EvaluatedModel.OWN));
      case COLLECTION -> collections(data.captions());
      case RETRIEVAL -> retrieval(data.searchedStories());
      case NAMING -> data.names().stream().map(this::naming).toList();
      case DECISION -> data.decisions().stream().map(this::decision).toList();
      case RECIPES -> recipes(data.decisions());
      default ->
          throw new IllegalArgumentException(
              "task is \"" + task + "\"; use " + String.join(", ", ALL));
    };
  }

  private List<Job> drawing(List<GenerationItem> items, Set<String> maps) {
    Map<String, Optional<PictureFolder>> folders = new LinkedHashMap<>();
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      GenerationItem item = items.get(i);
      GenerationItem other = items.get((i + items.size() / 2) % items.size());
      for (Context context : item.contexts()) {
        boolean richest = context.equals(item.contexts().get(item.contexts().size() - 1));
        List<PromptPart> prompt = context.prompt();
        if (prompt != null) {
          for (String map : richest ? maps : Set.of(EvaluatedModel.OWN)) {
            jobs.add(
                job(
                    item,
                    context,
                    map,
                    s -> model.draw(map, model.read(prompt).img(), s, initial(context), runs)));
          }
        }
        String words = context.words();
        if (words != null) {
          jobs.add(job(item, context, BASELINE, s -> model.draw(words, s, initial(context), runs)));
        }
        if (items.size() > 1) {
          jobs.add(
              Job.quick(
                  key(item, context, CHANCE),
                  () ->
                      Outcome.of(
                          scores(List.of(PictureFolder.read(other.truth())), item, context))));
        }
        external.forEach(
            (system, folder) ->
                folders
                    .computeIfAbsent(
                        system + '/' + context.name(),
                        key -> made(folder.resolve(item.task()).resolve(slug(context.name()))))
                    .ifPresent(made -> jobs.add(elsewhere(item, context, system, made))));
      }
    }
    return jobs;
  }

  private static Optional<PictureFolder> made(Path folder) {
    return Files.isDirectory(folder) ? Optional.of(PictureFolder.of(folder)) : Optional.empty();
  }

  private static @Nullable BufferedImage initial(Context context) {
    return context.initial() == null ? null : PictureFolder.read(context.initial());
  }

  /** Draws pictures with the settings it is given. */
  @FunctionalInterface
  private interface Drawing {
    List<BufferedImage> draw(DiffusionSettings settings);
  }

  private Job job(GenerationItem item, Context context, String system, Drawing how) {
    Result.Key key = key(item, context, system);
    return new Job(
        key,
        (long) runs * drawing.steps(),
        () -> {
          DiffusionSettings settings =
              drawing.toBuilder().seed(drawing.seed() + item.number()).build();
          List<BufferedImage> drawn = how.draw(settings);
          List<String> files = new ArrayList<>();
          for (int run = 0; run < drawn.size(); run++) {
            files.add(write(drawn.get(run), key, run));
          }
          return new Outcome(scores(drawn, item, context), files, null);
        });
  }

  private static Result.Key key(GenerationItem item, Context context, String system) {
    return new Result.Key(item.task(), item.id(), context.name(), system);
  }

  private Job elsewhere(GenerationItem item, Context context, String system, PictureFolder folder) {
    Result.Key key = key(item, context, system);
    String truth = item.truth().getFileName().toString().replaceFirst("\\.[^.]*$", "");
    return Job.quick(
        key,
        () -> {
          Path file =
              folder
                  .find(item.id())
                  .or(() -> folder.find(truth))
                  .orElseThrow(
                      () ->
                          new Unmeasured(
                              "there is neither a picture %s nor %s".formatted(item.id(), truth)));
          List<BufferedImage> pictures = List.of(PictureFolder.read(file));
          String shown = write(pictures.get(0), key, 0);
          return new Outcome(scores(pictures, item, context), List.of(shown), null);
        });
  }

  /** An item that cannot be measured, which the results then say. */
  static final class Unmeasured extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unmeasured(String reason) {
      super(reason);
    }
  }

  private Map<String, List<Double>> scores(
      List<BufferedImage> pictures, GenerationItem item, Context context) {
    List<float[]> features = model.clip().imageFeatures(pictures);
    float[] truth = model.features(item.truth());
    Map<String, List<Double>> scores = new LinkedHashMap<>();
    scores.put(
        SIMILARITY, features.stream().map(own -> ClipSimilarity.cosine(own, truth)).toList());
    if (lpips != null) {
      BufferedImage expected = PictureFolder.read(item.truth());
      scores.put(LPIPS, pictures.stream().map(own -> distance(lpips, own, expected)).toList());
    }
    if (item.task().equals(CAPTIONS) && context.words() != null) {
      float[] text = model.clip().textFeatures(context.words());
      scores.put(FIT, features.stream().map(own -> ClipSimilarity.cosine(own, text)).toList());
    }
    return scores;
  }

  private static double distance(Lpips lpips, BufferedImage drawn, BufferedImage truth) {
    int width = drawn.getWidth();
    int height = drawn.getHeight();
    boolean equal = truth.getWidth() == width && truth.getHeight() == height;
    return lpips.distance(drawn, equal ? truth : Resampling.resize(truth, width, height));
  }

  private String write(BufferedImage picture, Result.Key key, int run) {
    String file = file(key, run);
    try {
      Files.createDirectories(out.resolve(file).resolveSibling(""));
    } catch (IOException e) {
      throw new UncheckedIOException(out + " cannot be written; check space and permissions", e);
    }
    PngWriter.write(picture, Map.of(), out.resolve(file));
    return file;
  }

  private static String file(Result.Key key, int run) {
    return "pictures/%s/%s/%s/%s-%d.png"
        .formatted(key.task(), slug(key.context()), slug(key.system()), slug(key.item()), run);
  }

  /** A name that every file system takes. */
  static String slug(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }

  /** The distance of each system's pictures to the true ones, all drawn for the captions. */
  private List<Job> collections(List<GenerationItem> items) {
    List<String> systems = new ArrayList<>(model.maps());
    systems.add(BASELINE);
    systems.addAll(external.keySet());
    return items.size() < 2
        ? List.of()
        : systems.stream()
            .map(
                system ->
                    Job.quick(
                        new Result.Key(
                            COLLECTION, items.size() + " pictures", EvaluationData.CAPTION, system),
                        () -> Outcome.of(distances(system, items))))
            .toList();
  }

  private Map<String, List<Double>> distances(String system, List<GenerationItem> items) {
    Map<String, List<Double>> distances = new LinkedHashMap<>();
    double[][] truth = rows(items, item -> widen(model.features(item.truth())));
    double[][] seen =
        inception == null
            ? new double[0][]
            : rows(items, item -> inception.features(PictureFolder.read(item.truth())));
    for (int run = 0; run < runs; run++) {
      List<BufferedImage> drawn = drawn(system, items, run);
      if (drawn.size() < 2) {
        continue;
      }
      double[][] own = rows(drawn, picture -> widen(model.clip().imageFeatures(picture)));
      add(distances, FRECHET, FrechetDistance.between(own, truth));
      if (inception != null) {
        double[][] ownSeen = rows(drawn, inception::features);
        add(distances, FID, FrechetDistance.between(ownSeen, seen));
        add(distances, KID, KernelDistance.between(ownSeen, seen, drawing.seed()).mean());
      }
    }
    if (distances.isEmpty()) {
      throw new Unmeasured("there are no pictures of this system");
    }
    return distances;
  }

  private static void add(Map<String, List<Double>> scores, String name, double value) {
    scores.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
  }

  private static <T> double[][] rows(List<T> items, Function<T, double[]> features) {
    return items.stream().map(features).toArray(double[][]::new);
  }

  private List<BufferedImage> drawn(String system, List<GenerationItem> items, int run) {
    return items.stream()
        .map(item -> new Result.Key(CAPTIONS, item.id(), EvaluationData.CAPTION, system))
        .map(key -> out.resolve(file(key, run)))
        .filter(Files::exists)
        .map(PictureFolder::read)
        .toList();
  }

  private static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private List<Job> retrieval(List<GenerationItem> stories) {
    Set<Path> pool = new LinkedHashSet<>();
    for (GenerationItem story : stories) {
      story.contexts().forEach(context -> pool.addAll(shown(context)));
      pool.add(story.truth());
    }
    Keys keys = new Keys(pool);
    List<Job> jobs = new ArrayList<>();
    for (GenerationItem story : stories) {
      for (Context context : story.contexts()) {
        List<PromptPart> prompt = context.prompt();
        if (prompt != null) {
          jobs.add(
              Job.quick(
                  new Result.Key(RETRIEVAL, story.id(), context.name(), EvaluatedModel.OWN),
                  () -> rank(story, context, model.query(prompt), keys.all())));
        }
        String words = context.words();
        if (words != null) {
          jobs.add(
              Job.quick(
                  new Result.Key(RETRIEVAL, story.id(), context.name(), CLIP),
                  () -> rank(story, context, model.clip().textFeatures(words), keys.features())));
        }
      }
    }
    return jobs;
  }

  /** The keys of all pictures, computed when the first job needs them. */
  private final class Keys {
    private final Set<Path> pool;
    private @Nullable Map<Path, float[]> own;

    Keys(Set<Path> pool) {
      this.pool = pool;
    }

    Map<Path, float[]> all() {
      Map<Path, float[]> computed = own;
      if (computed == null) {
        computed = model.keys(pool);
        own = computed;
      }
      return computed;
    }

    /** CLIP's own features, of the same pictures. */
    Map<Path, float[]> features() {
      Map<Path, float[]> features = new LinkedHashMap<>();
      all().keySet().forEach(picture -> features.put(picture, model.features(picture)));
      return features;
    }
  }

  private static Set<Path> shown(Context context) {
    Set<Path> pictures = new LinkedHashSet<>();
    List<PromptPart> prompt = context.prompt();
    if (prompt != null) {
      for (PromptPart part : prompt) {
        if (part instanceof PromptPart.ImageFile image) {
          pictures.add(image.file());
        }
      }
    }
    return pictures;
  }

  /** As in FROMAGe: what the prompt has shown cannot be the answer, unless it is. */
  private Outcome rank(
      GenerationItem story, Context context, float[] query, Map<Path, float[]> pool) {
    Set<Path> shown = shown(context);
    float[] truth = pool.get(story.truth());
    if (truth == null) {
      throw new Unmeasured(story.truth() + " cannot be read, so it cannot be found");
    }
    double own = ClipSimilarity.cosine(query, truth);
    long better =
        pool.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(story.truth()))
            .filter(entry -> !shown.contains(entry.getKey()))
            .filter(entry -> ClipSimilarity.cosine(query, entry.getValue()) > own)
            .count();
    Map<String, List<Double>> scores = new LinkedHashMap<>();
    scores.put(RANK, List.of(better + 1.0));
    scores.put(POOL, List.of((double) pool.size()));
    RECALLS.forEach((name, k) -> scores.put(name, List.of(better < k ? 1.0 : 0.0)));
    Path best =
        pool.keySet().stream()
            .filter(picture -> picture.equals(story.truth()) || !shown.contains(picture))
            .max(
                Comparator.comparingDouble(
                    picture ->
                        ClipSimilarity.cosine(query, Objects.requireNonNull(pool.get(picture)))))
            .orElseThrow();
    String file = out.toAbsolutePath().relativize(best.toAbsolutePath()).toString();
    return new Outcome(scores, List.of(file), null);
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
    DecisionRecipes recipes = new DecisionRecipes(items, model::decisionFeatures, drawing.seed());
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
}
