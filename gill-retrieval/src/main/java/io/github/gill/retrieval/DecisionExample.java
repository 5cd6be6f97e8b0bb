package io.github.gill.retrieval;

/**
 * One labelled prompt to train a decision head on.
 *
 * @param features the language model's last hidden state at {@code [IMG0]}, D numbers, and then, if
 *     {@link DecisionTraining.Builder#topScore} is set, the score of the best candidate; shared,
 *     not copied
 * @param label 0 = a generated picture serves better, 1 = a retrieved one, 2 = both the same
 */
@SuppressWarnings("ArrayRecordComponent") // Thousands of rows of thousands of numbers.
public record DecisionExample(float[] features, int label) {

  /** Checks the label. */
  public DecisionExample {
    if (label < 0 || label > 2) {
      throw new IllegalArgumentException(
          "label is " + label + "; use 0 for generate, 1 for retrieve, 2 for same");
    }
  }
}
