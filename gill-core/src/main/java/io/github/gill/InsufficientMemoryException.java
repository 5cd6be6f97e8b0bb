package io.github.gill;

import org.jspecify.annotations.Nullable;

/**
 * Memory does not suffice. Either the model does not fit what is available: nothing was loaded, and
 * the message has the numbers and the settings that would fit. Or it ran out while a request was
 * answered, in the JVM or on a device: what the request had is free again, and the engine goes on.
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

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public InsufficientMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
