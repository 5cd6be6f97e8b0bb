package io.github.gill.examples.eval;

import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.Result.Outcome;
import io.github.gill.examples.eval.data.PictureFolder;
import io.github.gill.examples.eval.metrics.FrechetDistance;
import io.github.gill.examples.eval.metrics.InceptionFeatures;
import io.github.gill.examples.eval.metrics.KernelDistance;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Compares all pictures that a system drew for captions with all true ones. */
final class CollectionTask {

  private final EvaluatedModel model;
  private final PictureFiles files;
  private final long seed;
  private final int runs;
  private final Set<String> external;
  private final @Nullable InceptionFeatures inception;

  CollectionTask(TaskSetup setup) {
    model = setup.model();
    files = new PictureFiles(setup.out());
    seed = setup.drawing().seed();
    runs = setup.runs();
    external = setup.external().keySet();
    inception = setup.inception();
  }

  /** The distance of each system's pictures to the true ones, all drawn for the captions. */
  List<Job> jobs(List<GenerationItem> items) {
    List<String> systems = new ArrayList<>(model.maps());
    systems.add(Tasks.BASELINE);
    systems.addAll(external);
    return items.size() < 2
        ? List.of()
        : systems.stream()
            .map(
                system ->
                    Job.quick(
                        new Result.Key(
                            Tasks.COLLECTION,
                            items.size() + " pictures",
                            EvaluationData.CAPTION,
                            system),
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
      add(distances, Tasks.FRECHET, FrechetDistance.between(own, truth));
      if (inception != null) {
        double[][] ownSeen = rows(drawn, inception::features);
        add(distances, Tasks.FID, FrechetDistance.between(ownSeen, seen));
        add(distances, Tasks.KID, KernelDistance.between(ownSeen, seen, seed).mean());
      }
    }
    if (distances.isEmpty()) {
      throw new Tasks.Unmeasured("there are no pictures of this system");
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
        .map(item -> new Result.Key(Tasks.CAPTIONS, item.id(), EvaluationData.CAPTION, system))
        .map(key -> files.of(key, run))
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
}
