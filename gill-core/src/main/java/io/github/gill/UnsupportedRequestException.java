package io.github.gill;

import org.jspecify.annotations.Nullable;

/** The request needs a part that the model or the class path does not have. */
public class UnsupportedRequestException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public UnsupportedRequestException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public UnsupportedRequestException(String message) {
    super(message);
  }
}
