package io.github.gill;

import org.jspecify.annotations.Nullable;

/** A file of the model is missing, damaged, refused or does not fit the others. */
public class ModelFileException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public ModelFileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public ModelFileException(String message) {
    super(message);
  }
}
