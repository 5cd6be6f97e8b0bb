package io.github.gill.examples.eval;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one system did with one item in one context: a line of {@code results.jsonl}.
 *
 * @param task for example {@code vist}
 * @param item the item's own id within its data set
 * @param context what the system was given, for example {@code 5 captions}
 * @param system who did it, for example {@code GILL}
 * @param scores numbers by name, one for each seed where there are several
 * @param pictures files of drawn pictures, one for each seed, relative to the output folder
 * @param text what was said, or null where nothing was
 * @param error why there are no scores, or null where there are
 */
record Result(
    String task,
    String item,
    String context,
    String system,
    Map<String, List<Double>> scores,
    List<String> pictures,
    @Nullable String text,
    @Nullable String error) {

  /** Which of all results this is. */
  record Key(String task, String item, String context, String system) {}

  /** Copies what can change; a file's line may lack collections. */
  Result {
    scores = scores == null ? Map.of() : Map.copyOf(scores);
    pictures = pictures == null ? List.of() : List.copyOf(pictures);
  }

  static Result of(Key key, Outcome outcome) {
    return new Result(
        key.task,
        key.item,
        key.context,
        key.system,
        outcome.scores,
        outcome.pictures,
        outcome.text,
        null);
  }

  static Result failed(Key key, String reason) {
    return new Result(
        key.task, key.item, key.context, key.system, Map.of(), List.of(), null, reason);
  }

  Key key() {
    return new Key(task, item, context, system);
  }

  /** The mean over seeds of a score, or null where it was not measured. */
  @Nullable Double mean(String score) {
    List<Double> values = scores.get(score);
    return values == null || values.isEmpty()
        ? null
        : values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** A result without its key. */
  record Outcome(Map<String, List<Double>> scores, List<String> pictures, @Nullable String text) {

    static Outcome of(Map<String, List<Double>> scores) {
      return new Outcome(scores, List.of(), null);
    }
  }

  /**
   * One measurement to make.
   *
   * @param key which
   * @param cost about how long it takes, in steps of the UNet, for the time left
   * @param work makes it
   */
  record Job(Key key, long cost, Work work) {

    /** A measurement that draws nothing. */
    static Job quick(Key key, Work work) {
      return new Job(key, 1, work);
    }
  }

  /** Makes it. */
  @FunctionalInterface
  interface Work {
    Outcome measure();
  }
}
