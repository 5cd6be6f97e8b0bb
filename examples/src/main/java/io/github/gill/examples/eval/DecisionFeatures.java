package io.github.gill.examples.eval;

import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.Gill;
import io.github.gill.Prompt;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * What a decision head sees of a prompt.
 *
 * @param state of {@code [IMG0]}, D numbers
 * @param topScore the best candidate's score, if there are candidates
 */
@SuppressWarnings("ArrayRecordComponent") // Features go from here straight into an example.
public record DecisionFeatures(float[] state, OptionalDouble topScore) {

  /** Forces a picture as the first thing said; candidates are only scored. */
  private static final AnswerSettings FORCED =
      AnswerSettings.builder()
          .forceImage()
          .numWords(1)
          .decision(DecisionMode.RETRIEVE)
          .candidates(1)
          .build();

  /**
   * Asks a model for a picture.
   *
   * @param gill the model
   * @param prompt what the picture is asked for with
   * @return what its decision head sees
   */
  public static DecisionFeatures of(Gill gill, String prompt) {
    for (AnswerPart part : gill.answer(Prompt.of(prompt), FORCED).parts()) {
      if (part instanceof AnswerPart.Image image && image.states() != null) {
        return new DecisionFeatures(
            image.states().row(0),
            image.retrieved().stream().mapToDouble(AnswerPart.Retrieved::score).findFirst());
      }
    }
    throw new IllegalStateException("the model gave no picture for \"" + prompt + "\"");
  }

  /**
   * Returns the features of a head that sees the score, too.
   *
   * @return D + 1 numbers
   * @throws java.util.NoSuchElementException if there is no score
   */
  public float[] withScore() {
    float[] features = Arrays.copyOf(state, state.length + 1);
    features[state.length] = (float) topScore.orElseThrow();
    return features;
  }
}
