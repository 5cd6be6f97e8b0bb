package io.github.gill.checkpoint;

import org.jspecify.annotations.Nullable;

/** An {@code ndarray} that a pickle makes empty first and fills by BUILD. */
final class NumpyArray {

  private @Nullable NumberArray numbers;

  void fill(NumberArray filled) {
    numbers = filled;
  }

  @Nullable NumberArray numbers() {
    return numbers;
  }

  @Override
  public String toString() {
    return "an array";
  }
}
