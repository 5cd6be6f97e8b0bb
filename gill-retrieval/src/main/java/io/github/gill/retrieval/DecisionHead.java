package io.github.gill.retrieval;

import io.github.gill.Decision;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.spi.Retriever.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A linear classifier on the state of {@code [IMG0]}: 0 = generate, 1 = retrieve and, if it has a
 * third output, 2 = same (section 3.4 of the paper).
 *
 * <p>Beyond the original, a head trained by {@link DecisionTraining} may take the score of the best
 * candidate as one more input, and may retrieve from another probability than one half. Immutable
 * and thread-safe.
 */
public final class DecisionHead {

  private static final String LAYER = "1";
  private static final String THRESHOLD = "threshold";
  private static final String TOP_SCORE = "top_score";

  private final LinearLayer layer;
  private final boolean topScore;
  private final float threshold;

  DecisionHead(LinearLayer layer, boolean topScore, float threshold) {
    this.layer = layer;
    this.topScore = topScore;
    this.threshold = threshold;
  }

  /**
   * Reads {@code decision.safetensors} or else {@code decision_model.pth.tar}.
   *
   * @param folder the model folder
   * @param hidden D, the size of the language model's states
   * @return the head, or nothing if the folder has neither file
   * @throws ModelFileException if the file is damaged or does not fit D
   */
  public static Optional<DecisionHead> read(Path folder, int hidden) {
    return file(folder)
        .map(
            file -> {
              try (Checkpoint checkpoint = Checkpoints.open(file)) {
                return read(checkpoint, hidden);
              }
            });
  }

  /**
   * Finds the file of a model folder's head.
   *
   * @param folder the model folder
   * @return {@code decision.safetensors}, or else {@code decision_model.pth.tar}, if there is one
   */
  public static Optional<Path> file(Path folder) {
    return Stream.of("decision.safetensors", "decision_model.pth.tar")
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst();
  }

  private static DecisionHead read(Checkpoint file, int hidden) {
    List<Long> weight = shape(file, LAYER + ".weight");
    List<Long> bias = shape(file, LAYER + ".bias");
    boolean topScore = Boolean.parseBoolean(file.metadata().getOrDefault(TOP_SCORE, "false"));
    long inputs = hidden + (topScore ? 1L : 0);
    boolean fits =
        weight.size() == 2
            && (weight.get(0) == 2 || weight.get(0) == 3)
            && weight.get(1) == inputs
            && bias.equals(weight.subList(0, 1));
    if (!fits) {
      throw new ModelFileException(
          "%s: 1.weight is %s and 1.bias %s, expected [2 or 3, %d] and as many biases; use the decision head that belongs to this language model"
              .formatted(file.source(), weight, bias, inputs));
    }
    String threshold = file.metadata().getOrDefault(THRESHOLD, "0.5");
    try {
      float value = Float.parseFloat(threshold);
      if (value > 0 && value < 1) {
        return new DecisionHead(LinearLayer.read(file, LAYER), topScore, value);
      }
      throw wrongThreshold(file, threshold, null);
    } catch (NumberFormatException e) {
      throw wrongThreshold(file, threshold, e);
    }
  }

  private static ModelFileException wrongThreshold(
      Checkpoint file, String threshold, @Nullable Exception cause) {
    return new ModelFileException(
        "%s: threshold is \"%s\", expected a number between 0 and 1; train the head anew"
            .formatted(file.source(), threshold),
        cause);
  }

  private static List<Long> shape(Checkpoint file, String name) {
    TensorInfo info = file.tensors().get(name);
    if (info == null || !info.type().isFloating()) {
      throw new ModelFileException(
          "%s has no floating-point tensor \"%s\"; a decision head has 1.weight and 1.bias"
              .formatted(file.source(), name));
    }
    return info.shape();
  }

  /**
   * Writes the head, whole or not at all.
   *
   * @param file usually {@code decision.safetensors} in the model folder
   * @throws ModelFileException if it cannot be written
   */
  public void write(Path file) {
    new SafetensorsWriter()
        .metadata(THRESHOLD, Float.toString(threshold))
        .metadata(TOP_SCORE, Boolean.toString(topScore))
        .floats(LAYER + ".weight", layer.weight(), layer.outputs(), layer.inputs())
        .floats(LAYER + ".bias", layer.bias(), layer.outputs())
        .write(file);
  }

  /**
   * Says whether the head takes the score of the best candidate.
   *
   * @return true if {@link #decide} needs it as the last number
   */
  public boolean takesTopScore() {
    return topScore;
  }

  /**
   * Returns the probability from which the head retrieves, if it knows two labels.
   *
   * @return one half for the original's heads
   */
  public float threshold() {
    return threshold;
  }

  /**
   * Computes the labels' probabilities.
   *
   * @param features the state of {@code [IMG0]}, D numbers, and then the score of the best
   *     candidate if {@link #takesTopScore}
   * @return the softmax over generate, retrieve and perhaps same
   */
  public float[] probabilities(float[] features) {
    float[] logits = layer.apply(features);
    float largest = logits[0];
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (Math.exp(logits[i] - largest) / sum);
    }
    return probabilities;
  }

  /**
   * Decides.
   *
   * @param features as {@link #probabilities} takes them
   * @return with three labels the most probable, the first of equal ones; with two, retrieve if its
   *     probability is over {@link #threshold}
   */
  public Verdict decide(float[] features) {
    float[] probabilities = probabilities(features);
    return new Verdict(label(probabilities), probabilities[0], probabilities[1]);
  }

  private Decision label(float[] probabilities) {
    if (probabilities.length == 2) {
      return probabilities[1] > threshold ? Decision.RETRIEVE : Decision.GENERATE;
    }
    if (probabilities[2] > Math.max(probabilities[0], probabilities[1])) {
      return Decision.SAME;
    }
    return probabilities[1] > probabilities[0] ? Decision.RETRIEVE : Decision.GENERATE;
  }
}
