package io.github.gill;

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
}
