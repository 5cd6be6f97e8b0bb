package io.github.gill;

import org.jspecify.annotations.Nullable;

/** A request goes over one of the limits that the engine was built with; nothing was started. */
public class LimitException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public LimitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public LimitException(String message) {
    super(message);
  }
}
