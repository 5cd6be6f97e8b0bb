package io.github.gill;

import org.jspecify.annotations.Nullable;

/** A picture of a request is missing, damaged or in no format that the class path can read. */
public class PictureException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public PictureException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public PictureException(String message) {
    super(message);
  }
}
