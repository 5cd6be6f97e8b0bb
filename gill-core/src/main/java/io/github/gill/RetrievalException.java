package io.github.gill;

import org.jspecify.annotations.Nullable;

/** Candidates could not be read, searched or fetched. */
public class RetrievalException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public RetrievalException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public RetrievalException(String message) {
    super(message);
  }
}
