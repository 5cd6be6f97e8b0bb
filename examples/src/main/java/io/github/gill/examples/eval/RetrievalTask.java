package io.github.gill.examples.eval;

import io.github.gill.PromptPart;
import io.github.gill.examples.eval.GenerationItem.Context;
import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.Result.Outcome;
import io.github.gill.examples.eval.metrics.ClipSimilarity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the last picture of each story among the pictures of all of them. */
final class RetrievalTask {

  private final EvaluatedModel model;
  private final Path out;

  RetrievalTask(TaskSetup setup) {
    model = setup.model();
    out = setup.out();
  }

  List<Job> jobs(List<GenerationItem> stories) {
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
                  new Result.Key(Tasks.RETRIEVAL, story.id(), context.name(), EvaluatedModel.OWN),
                  () -> rank(story, context, model.query(prompt), keys.all())));
        }
        String words = context.words();
        if (words != null) {
          jobs.add(
              Job.quick(
                  new Result.Key(Tasks.RETRIEVAL, story.id(), context.name(), Tasks.CLIP),
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
      throw new Tasks.Unmeasured(story.truth() + " cannot be read, so it cannot be found");
    }
    double own = ClipSimilarity.cosine(query, truth);
    long better =
        pool.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(story.truth()))
            .filter(entry -> !shown.contains(entry.getKey()))
            .filter(entry -> ClipSimilarity.cosine(query, entry.getValue()) > own)
            .count();
    Map<String, List<Double>> scores = new LinkedHashMap<>();
    scores.put(Tasks.RANK, List.of(better + 1.0));
    scores.put(Tasks.POOL, List.of((double) pool.size()));
    Tasks.RECALLS.forEach((name, k) -> scores.put(name, List.of(better < k ? 1.0 : 0.0)));
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
}
