package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.EngineFailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForeignLibtorchTest {

  @TempDir Path folder;
  private Path library;

  @BeforeEach
  void folderOfLibraries() throws IOException {
    library = Files.createDirectory(folder.resolve("lib"));
  }

  @Test
  void refusesAnotherVersionInWhichNativeCodeWouldEndTheProcess() throws IOException {
    Files.writeString(
        folder.resolve("version.py"), "__version__ = '2.11.0+cu130'\ndebug = False\n");

    String message =
        assertThrows(EngineFailureException.class, () -> ForeignLibtorch.check(library))
            .getMessage();

    assertTrue(message.contains("2.11.0+cu130"), message);
    assertTrue(message.contains("PYTORCH_LIBRARY_PATH"), message);
  }

  @Test
  void takesTheVersionThatItIsBuiltFor() throws IOException {
    Files.writeString(folder.resolve("build-version"), "2.7.1+cu128\n");

    assertDoesNotThrow(() -> ForeignLibtorch.check(library));
  }

  @Test
  void takesAnyVersionThatBringsNativeCodeOfItsOwn() throws IOException {
    Files.writeString(folder.resolve("build-version"), "2.11.0+cu130\n");
    Files.createFile(library.resolve(System.mapLibraryName("djl_torch")));

    assertDoesNotThrow(() -> ForeignLibtorch.check(library));
  }

  @Test
  void leavesLayoutsThatItDoesNotKnowToTheLoader() {
    assertDoesNotThrow(() -> ForeignLibtorch.check(library));
  }
}
