package io.github.gill;

/** The request took longer than its settings allow. */
public class AnswerTimeoutException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public AnswerTimeoutException(String message) {
    super(message);
  }
}
