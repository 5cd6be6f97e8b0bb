package io.github.gill.examples.eval.data;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import io.github.gill.examples.cli.files.InputFile;
import io.github.gill.examples.cli.files.StrictJson;
import java.io.EOFException;
import java.io.IOException;
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
    try (JsonReader json = new JsonReader(InputFile.open(file))) {
      try {
        content.read(json);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new IllegalArgumentException(
            "%s, at %s: %s".formatted(file, json.getPath(), e.getMessage()), e);
      } catch (MalformedJsonException | EOFException e) {
        throw new IllegalArgumentException(
            "%s is damaged or not JSON at %s; fetch it again"
                .formatted(file, StrictJson.place(json)),
            e);
      }
    } catch (IOException e) {
      throw InputFile.unreadable(file, e);
    }
  }
}
