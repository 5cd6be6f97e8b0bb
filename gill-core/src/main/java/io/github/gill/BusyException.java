package io.github.gill;

/** The queue of requests is full; try again later. */
public class BusyException extends GillException {

  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was found, what was expected and the mend
   */
  public BusyException(String message) {
    super(message);
  }
}
