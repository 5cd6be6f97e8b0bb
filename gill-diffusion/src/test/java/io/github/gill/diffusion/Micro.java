package io.github.gill.diffusion;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.spi.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The fixture: a random-weight model and what the reference answers for it. */
final class Micro {

  static final Path FOLDER = Path.of("..", "gill-core", "src", "test", "resources", "micro");
  static final Path DIFFUSION = FOLDER.resolve("diffusion");

  private Micro() {}

  /** Reads an expected tensor. */
  static float[] tensor(String name) {
    try (Checkpoint expected = Checkpoints.open(FOLDER.resolve("expected.safetensors"))) {
      return FloatTensors.read(expected, name);
    }
  }

  /** Reads an expected tensor of two axes. */
  static Matrix matrix(String name) {
    try (Checkpoint expected = Checkpoints.open(FOLDER.resolve("expected.safetensors"))) {
      TensorInfo info = Objects.requireNonNull(expected.tensors().get(name));
      return new Matrix(
          info.shape().get(0).intValue(),
          info.shape().get(1).intValue(),
          FloatTensors.read(expected, name));
    }
  }

  /** Reads {@code expected.json}. */
  static JsonObject json() {
    try {
      return JsonParser.parseString(Files.readString(FOLDER.resolve("expected.json")))
          .getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The largest absolute difference, relative to the largest expected magnitude. */
  static double error(float[] expected, float[] found) {
    if (expected.length != found.length) {
      throw new AssertionError(found.length + " numbers, expected " + expected.length);
    }
    double difference = 0;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs((double) expected[i] - found[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
      if (Float.isNaN(found[i])) {
        throw new AssertionError("element " + i + " is not a number");
      }
    }
    return difference / largest;
  }
}
