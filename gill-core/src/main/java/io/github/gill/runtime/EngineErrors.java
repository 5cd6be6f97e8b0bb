package io.github.gill.runtime;

import io.github.gill.EngineFailureException;
import io.github.gill.GillException;
import io.github.gill.InsufficientMemoryException;
import java.util.regex.Pattern;

/** Turns what the native engine throws into this library's exceptions. */
final class EngineErrors {

  /** How libtorch's allocators, cuBLAS, cuDNN and the C++ runtime say that memory ran out. */
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile(
          "out of memory|can't allocate memory|not enough memory|bad_alloc|ALLOC_FAILED"
              + "|MemoryAllocation",
          Pattern.CASE_INSENSITIVE);

  private EngineErrors() {}

  /**
   * Names a failure.
   *
   * @param what was being done
   * @param failure what the engine threw
   * @return the exception to throw
   */
  static GillException of(String what, RuntimeException failure) {
    String message = String.valueOf(failure.getMessage());
    return OUT_OF_MEMORY.matcher(message).find()
        ? new InsufficientMemoryException(
            what
                + ": memory ran out ("
                + message.strip()
                + "); ask for fewer or smaller pictures or words, or free memory",
            failure)
        : new EngineFailureException(what + ": " + message, failure);
  }
}
