package io.github.gill;

import org.jspecify.annotations.Nullable;

/** The native engine is missing, does not fit, ran out of memory or failed inside a program. */
public class EngineFailureException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public EngineFailureException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public EngineFailureException(String message) {
    super(message);
  }
}
