package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gill.spi.Matrix;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class LimitsTest {

  @Test
  void namesTheLimitAndTheValueThatIsWrong() {
    refuses("Limits.steps is 0; use 1 or more", () -> new Limits(1, 1, 1, 1, 0, 1, 8));
    refuses("Limits.imageBytes is -1; use 1 or more", () -> new Limits(-1, 1, 1, 1, 1, 1, 8));
    refuses("Limits.pictureSide is 7; use 8 or more", () -> new Limits(1, 1, 1, 1, 1, 1, 7));
  }

  @Test
  void namesWhatIsWrongInAPolicyOrAMatrix() {
    refuses(
        "NetworkPolicy.timeout is PT0S; use a positive duration",
        () -> new NetworkPolicy(true, Duration.ZERO, 1));
    refuses(
        "NetworkPolicy.maxBytes is 0; use 1 or more",
        () -> new NetworkPolicy(true, Duration.ofSeconds(1), 0));
    refuses("5 numbers for a matrix of 2 × 3; give it 6", () -> new Matrix(2, 3, new float[5]));
    refuses(
        "the matrix is 0 × 3; give it a row and a column at least",
        () -> new Matrix(0, 3, new float[0]));
  }

  private static void refuses(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
