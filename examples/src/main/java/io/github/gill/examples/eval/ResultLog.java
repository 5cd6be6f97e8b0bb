package io.github.gill.examples.eval;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Results as JSON lines under one line of settings. Each is on disk before the next is begun; a
 * line that a killed run left unfinished is cut off, and what failed is tried again.
 */
final class ResultLog implements AutoCloseable {

  private static final Gson GSON = new Gson();

  private final FileChannel channel;
  private final Map<Result.Key, Result> results = new LinkedHashMap<>();

  private ResultLog(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Begins or goes on with a file, in a folder that is made if need be.
   *
   * @param file the lines
   * @param settings what the results depend on
   * @throws IllegalArgumentException if the file has results of other settings or is no such file
   */
  static ResultLog open(Path file, Map<String, String> settings) {
    JsonObject first = new JsonObject();
    first.add("settings", GSON.toJsonTree(settings));
    try {
      Files.createDirectories(file.toAbsolutePath().resolveSibling(""));
      String content = Files.exists(file) ? Files.readString(file) : "";
      int whole = content.lastIndexOf('\n') + 1;
      List<String> lines = content.substring(0, whole).lines().toList();
      if (!lines.isEmpty() && !lines.get(0).equals(GSON.toJson(first))) {
        throw new IllegalArgumentException(
            "%s was begun with %s, this run has %s; name another --out or delete the old one"
                .formatted(file, lines.get(0), GSON.toJson(first)));
      }
      ResultLog log =
          new ResultLog(
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
      log.channel.truncate(content.substring(0, whole).getBytes(StandardCharsets.UTF_8).length);
      log.channel.position(log.channel.size());
      for (int i = 1; i < lines.size(); i++) {
        log.remember(parse(file, i + 1, lines.get(i)));
      }
      if (lines.isEmpty()) {
        log.write(GSON.toJson(first));
      }
      return log;
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read or written", e);
    }
  }

  private static Result parse(Path file, int number, String line) {
    try {
      return GSON.fromJson(JsonParser.parseString(line), Result.class);
    } catch (JsonParseException | IllegalStateException e) {
      throw new IllegalArgumentException(
          "%s, line %d is damaged; delete the line, its item is then measured again"
              .formatted(file, number),
          e);
    }
  }

  private void remember(Result result) {
    results.put(result.key(), result);
  }

  /** Says whether a measurement is there; one that failed is not. */
  boolean has(Result.Key key) {
    Result result = results.get(key);
    return result != null && result.error() == null;
  }

  /** Adds a result; it replaces one with the same key. */
  void add(Result result) {
    remember(result);
    try {
      write(GSON.toJson(result));
    } catch (IOException e) {
      throw new UncheckedIOException("a result cannot be written; is the disk full?", e);
    }
  }

  private void write(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** All results in the order in which they were first made. */
  Collection<Result> results() {
    return results.values();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the results cannot be closed", e);
    }
  }
}
