package io.github.gill;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything this library throws beyond {@link IllegalArgumentException} for wrong
 * arguments and {@link IllegalStateException} for use after closing.
 *
 * <p>Messages name the thing, the value found, the value expected and the mend.
 */
public class GillException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with its cause.
   *
   * @param message what was found, what was expected and the mend
   * @param cause what led to it, or null
   */
  public GillException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public GillException(String message) {
    super(message);
  }
}
