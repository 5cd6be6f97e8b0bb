package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gill.ModelFileException;
import java.util.Objects;
import org.junit.jupiter.api.function.Executable;

/** Asserts that something is refused with this library's own exception. */
final class Refused {

  private Refused() {}

  /** Returns the message, which is never empty. */
  static String message(Executable action) {
    return Objects.requireNonNull(assertThrows(ModelFileException.class, action).getMessage());
  }
}
