package io.github.gill.examples.eval;

import io.github.gill.DiffusionSettings;
import io.github.gill.PromptPart;
import io.github.gill.examples.eval.GenerationItem.Context;
import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.Result.Outcome;
import io.github.gill.examples.eval.data.PictureFolder;
import io.github.gill.examples.eval.metrics.ClipSimilarity;
import io.github.gill.examples.eval.metrics.Lpips;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Draws what items are about and compares it with their true pictures. */
final class DrawingTask {

  private final EvaluatedModel model;
  private final PictureFiles files;
  private final DiffusionSettings drawing;
  private final int runs;
  private final Map<String, Path> external;
  private final @Nullable Lpips lpips;

  DrawingTask(TaskSetup setup) {
    model = setup.model();
    files = new PictureFiles(setup.out());
    drawing = setup.drawing();
    runs = setup.runs();
    external = setup.external();
    lpips = setup.lpips();
  }

  /**
   * Lists the jobs; those of the same prompt follow each other.
   *
   * @param items what to draw
   * @param maps which maps draw from the richest context; the poorer ones get the model's own alone
   */
  List<Job> jobs(List<GenerationItem> items, Set<String> maps) {
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
          jobs.add(
              job(
                  item,
                  context,
                  Tasks.BASELINE,
                  s -> model.draw(words, s, initial(context), runs)));
        }
        if (items.size() > 1) {
          jobs.add(
              Job.quick(
                  key(item, context, Tasks.CHANCE),
                  () ->
                      Outcome.of(
                          scores(List.of(PictureFolder.read(other.truth())), item, context))));
        }
        external.forEach(
            (system, folder) ->
                folders
                    .computeIfAbsent(
                        system + '/' + context.name(),
                        key ->
                            made(
                                folder
                                    .resolve(item.task())
                                    .resolve(PictureFiles.slug(context.name()))))
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
          List<String> names = new ArrayList<>();
          for (int run = 0; run < drawn.size(); run++) {
            names.add(files.write(drawn.get(run), key, run));
          }
          return new Outcome(scores(drawn, item, context), names, null);
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
                          new Tasks.Unmeasured(
                              "there is neither a picture %s nor %s".formatted(item.id(), truth)));
          List<BufferedImage> pictures = List.of(PictureFolder.read(file));
          String shown = files.write(pictures.get(0), key, 0);
          return new Outcome(scores(pictures, item, context), List.of(shown), null);
        });
  }

  private Map<String, List<Double>> scores(
      List<BufferedImage> pictures, GenerationItem item, Context context) {
    List<float[]> features = model.clip().imageFeatures(pictures);
    float[] truth = model.features(item.truth());
    Map<String, List<Double>> scores = new LinkedHashMap<>();
    scores.put(
        Tasks.SIMILARITY, features.stream().map(own -> ClipSimilarity.cosine(own, truth)).toList());
    if (lpips != null) {
      BufferedImage expected = PictureFolder.read(item.truth());
      scores.put(
          Tasks.LPIPS, pictures.stream().map(own -> distance(lpips, own, expected)).toList());
    }
    if (item.task().equals(Tasks.CAPTIONS) && context.words() != null) {
      float[] text = model.clip().textFeatures(context.words());
      scores.put(
          Tasks.FIT, features.stream().map(own -> ClipSimilarity.cosine(own, text)).toList());
    }
    return scores;
  }

  private static double distance(Lpips lpips, BufferedImage drawn, BufferedImage truth) {
    int width = drawn.getWidth();
    int height = drawn.getHeight();
    boolean equal = truth.getWidth() == width && truth.getHeight() == height;
    return lpips.distance(drawn, equal ? truth : Resampling.resize(truth, width, height));
  }
}
