package io.github.gill.diffusion;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Closes what was opened, newest first, all of it, whatever fails. */
final class Resources implements AutoCloseable {

  /** Something that closes without checked exceptions. */
  @FunctionalInterface
  interface Closing {

    /** Frees it. */
    void close();
  }

  private final Deque<Closing> opened = new ArrayDeque<>();

  /**
   * Remembers a resource.
   *
   * @param closing how it is closed
   */
  void add(Closing closing) {
    opened.push(closing);
  }

  /** Closes everything; the first failure is thrown with later ones suppressed. */
  @Override
  public void close() {
    @Nullable RuntimeException first = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
