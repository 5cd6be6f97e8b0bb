package io.github.gill.checkpoint;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code NAME.index.json}: which file of a sharded checkpoint holds which tensor.
 *
 * @param path the index
 * @param files plain file name by tensor name, in the index's order
 */
record ShardIndex(Path path, Map<String, String> files) {

  private static final long MAX_BYTES = 100_000_000;

  /**
   * Reads an index.
   *
   * @param path the index
   * @return the files it names, each a plain name beside the index
   * @throws ModelFileException if it is no index or names a file elsewhere
   */
  static ShardIndex read(Path path) {
    Map<String, String> files = new LinkedHashMap<>();
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw new ModelFileException(path.getFileName() + " is larger than any index");
      }
      try (JsonReader reader = new JsonReader(Files.newBufferedReader(path))) {
        reader.setStrictness(Strictness.STRICT);
        reader.beginObject();
        while (reader.hasNext()) {
          if (reader.nextName().equals("weight_map")) {
            readMap(path, reader, files);
          } else {
            reader.skipValue();
          }
        }
        reader.endObject();
        if (reader.peek() != JsonToken.END_DOCUMENT) {
          throw new IOException("something follows the object");
        }
      }
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new ModelFileException(
          path.getFileName() + " is not a checkpoint's index: " + FileErrors.reason(e), e);
    }
    if (files.isEmpty()) {
      throw new ModelFileException(path.getFileName() + " has no \"weight_map\" with tensors");
    }
    return new ShardIndex(path, files);
  }

  private static void readMap(Path path, JsonReader reader, Map<String, String> files)
      throws IOException {
    reader.beginObject();
    while (reader.hasNext()) {
      String tensor = reader.nextName();
      String file = reader.nextString();
      if (file.isBlank()
          || file.equals(".")
          || file.equals("..")
          || file.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')) {
        throw new ModelFileException(
            "%s: \"%s\" is said to be in \"%s\", which is not a plain file name; shards lie beside their index"
                .formatted(path.getFileName(), tensor, file));
      }
      if (files.put(tensor, file) != null) {
        throw new ModelFileException("%s names \"%s\" twice".formatted(path.getFileName(), tensor));
      }
    }
    reader.endObject();
  }
}
