package io.github.gill;

import java.awt.image.BufferedImage;
import org.jspecify.annotations.Nullable;

/** Something that happens while a request is answered. */
public sealed interface AnswerEvent {

  /**
   * The decoder chose a token.
   *
   * @param id the token
   * @param text what it adds to the text, empty while a character is incomplete and for {@code
   *     [IMG]} tokens; the finished {@link Part} may be cut shorter
   */
  record Token(int id, String text) implements AnswerEvent {}

  /**
   * It is decided what kind of picture comes.
   *
   * @param slot the picture's number in this answer from 0
   * @param decision which kind, and who chose it
   * @param probabilities what the decision head said, or null if it was not asked
   */
  record Decided(int slot, Decision decision, AnswerPart.@Nullable Probabilities probabilities)
      implements AnswerEvent {}

  /**
   * A denoising step is done.
   *
   * @param slot the picture's number in this answer from 0
   * @param step the step's number from 1
   * @param steps how many there will be
   * @param preview the picture as it stands, or null between previews
   */
  record Denoised(int slot, int step, int steps, @Nullable BufferedImage preview)
      implements AnswerEvent {}

  /**
   * A part is finished.
   *
   * @param part a text or a picture, as it will stand in the answer
   */
  record Part(AnswerPart part) implements AnswerEvent {}

  /**
   * The answer is finished; the last event.
   *
   * @param answer all of it
   */
  record Finished(Answer answer) implements AnswerEvent {}
}
