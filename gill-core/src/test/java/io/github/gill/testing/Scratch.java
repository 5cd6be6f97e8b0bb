package io.github.gill.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder for parsers that read files; one file of each name at a time. */
public final class Scratch {

  private final Path folder;

  /** Makes an empty folder, in memory where the system has such a place. */
  public Scratch() throws IOException {
    Path memory = Path.of("/dev/shm");
    folder =
        Files.isWritable(memory)
            ? Files.createTempDirectory(memory, "fuzz")
            : Files.createTempDirectory("fuzz");
    Runtime.getRuntime().addShutdownHook(new Thread(this::delete));
  }

  /** Returns the folder. */
  public Path folder() {
    return folder;
  }

  /** Writes or replaces a file. */
  public Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private void delete() {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
