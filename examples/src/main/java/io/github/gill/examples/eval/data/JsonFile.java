package io.github.gill.examples.eval.data;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads JSON from a stream, so that a file of any size takes little memory. */
final class JsonFile {

  /** Reads as far as it wants to. */
  @FunctionalInterface
  interface Content {
    void read(JsonReader json) throws IOException;
  }

  private JsonFile() {}

  /** Throws {@link IllegalArgumentException} with the file and the place for whatever is wrong. */
  static void read(Path file, Content content) {
    try (JsonReader json = new JsonReader(Files.newBufferedReader(file))) {
      try {
        content.read(json);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new IllegalArgumentException(
            "%s, at %s: %s".formatted(file, json.getPath(), e.getMessage()), e);
      }
    } catch (MalformedJsonException | EOFException e) {
      throw new IllegalArgumentException(
          file + " is damaged or not JSON (" + e.getMessage() + "); fetch it again", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read (" + e + ")", e);
    }
  }
}
