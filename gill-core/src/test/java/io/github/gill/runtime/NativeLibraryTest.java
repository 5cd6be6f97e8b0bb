package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.EngineFailureException;
import io.github.gill.Gill;
import io.github.gill.testing.ChildProcess;
import io.github.gill.testing.Micro;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM whose libtorch is missing or another than expected says so, each time it is asked. */
class NativeLibraryTest {

  @TempDir Path folder;

  @Test
  void saysThatTheLibraryIsMissing() throws Exception {
    // The cache may hold what an earlier start unpacked.
    assertTold(
        child().without("pytorch-native").environment("DJL_CACHE_DIR", folder.toString()).run());
  }

  @Test
  void saysThatTheLibraryIsNoneOfThisPlatform() throws Exception {
    for (String name : new String[] {"c10", "torch", "torch_cpu"}) {
      Files.writeString(folder.resolve(System.mapLibraryName(name)), "for another platform");
    }
    assertTold(child().environment("PYTORCH_LIBRARY_PATH", folder.toString()).run());
  }

  @Test
  void saysThatTheLibraryIsOfAnotherVersion() throws Exception {
    assertTold(child().environment("PYTORCH_VERSION", "1.9.9").run());
  }

  private static ChildProcess.Builder child() {
    return ChildProcess.of(Starting.class).environment("DJL_OFFLINE", "true");
  }

  private static void assertTold(String output) {
    assertTrue(output.contains("first: the PyTorch engine did not start: "), output);
    assertTrue(output.contains("second: the PyTorch engine did not start: "), output);
    assertTrue(output.contains("point them at a libtorch that fits pytorch-jni"), output);
  }

  /** What the child does. */
  static final class Starting {

    public static void main(String[] args) {
      attempt("first", () -> Gill.load(Micro.FOLDER).close());
      attempt("second", Torch::version);
    }

    private static void attempt(String name, Runnable start) {
      try {
        start.run();
        System.out.println(name + ": started");
      } catch (EngineFailureException e) {
        System.out.println(name + ": " + e.getMessage());
      }
    }
  }
}
