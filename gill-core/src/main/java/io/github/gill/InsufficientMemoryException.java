package io.github.gill;

/**
 * The model does not fit the memory that is available. Nothing was loaded. The message has the
 * numbers and the settings that would fit.
 */
public final class InsufficientMemoryException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public InsufficientMemoryException(String message) {
    super(message);
  }
}
