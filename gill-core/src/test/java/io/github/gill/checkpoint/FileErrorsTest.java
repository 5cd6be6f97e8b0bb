package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gill.ModelFileException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileErrorsTest {

  @TempDir Path folder;

  @Test
  void namesTheFileOnceAndTheReason() {
    Path file = Path.of("a.json");
    assertEquals("a.json does not exist; look", text(file, new NoSuchFileException("a.json")));
    assertEquals(
        "a.json does not exist; look",
        text(file, new FileNotFoundException("a.json (No such file or directory)")));
    assertEquals(
        "a.json may not be opened; check its permissions and those of its folder",
        text(file, new AccessDeniedException("a.json")));
    assertEquals(
        "a.json cannot be read: it is a folder, a file is needed; look",
        text(file, new FileSystemException("a.json", null, "Is a directory")));
    assertEquals(
        "a.json cannot be read: no reason is known (FileSystemException); look",
        text(file, new FileSystemException("a.json")));
    assertEquals(
        "a.json cannot be read: Input/output error; look",
        text(file, new UncheckedIOException(new IOException("Input/output error"))));
  }

  private static String text(Path file, Exception failure) {
    return FileErrors.unreadable(file, failure, "look");
  }

  @Test
  void configurationsSayWhatKeepsThemFromBeingRead() throws IOException {
    Path config = folder.resolve("config.json");
    refuses(config, config + " does not exist; copy it from the model's repository");
    Files.write(config, new byte[] {'{', (byte) 0xff, '}'});
    refuses(
        config,
        config + " cannot be read: it is not text in UTF-8; copy it from the model's repository");
    Path inside = config.resolve("x.json");
    refuses(
        inside,
        inside
            + " cannot be read: a part of its path is a file, not a folder; copy it from the"
            + " model's repository");
  }

  private static void refuses(Path file, String expected) {
    assertEquals(
        expected,
        assertThrows(ModelFileException.class, () -> ModelConfig.read(file)).getMessage());
  }
}
