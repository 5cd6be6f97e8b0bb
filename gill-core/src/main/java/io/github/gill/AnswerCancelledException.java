package io.github.gill;

import org.jspecify.annotations.Nullable;

/** The request was cancelled, its thread interrupted or the engine closed. */
public class AnswerCancelledException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public AnswerCancelledException(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public AnswerCancelledException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
