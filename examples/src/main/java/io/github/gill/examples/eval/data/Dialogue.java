package io.github.gill.examples.eval.data;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A dialogue of VisDial about a picture that only one side sees.
 *
 * @param picture the number of the picture that it is about
 * @param rounds questions and answers in order
 * @param promptEnd what a model reads behind the last answer; empty in VisDial itself
 */
public record Dialogue(String picture, List<Round> rounds, String promptEnd) {

  /** Copies the list. */
  public Dialogue {
    rounds = List.copyOf(rounds);
  }

  /**
   * One question.
   *
   * @param question without its question mark
   * @param answer the answer
   */
  public record Round(String question, String answer) {}

  /**
   * Writes the beginning of the dialogue as the paper's evaluation does.
   *
   * @param count how many rounds
   * @return {@code Q: …?} and {@code A: …} in lines of their own
   */
  public String prompt(int count) {
    return rounds.stream()
        .limit(count)
        .map(round -> "Q: " + round.question() + "?\nA: " + round.answer())
        .collect(Collectors.joining("\n", "", promptEnd));
  }
}
