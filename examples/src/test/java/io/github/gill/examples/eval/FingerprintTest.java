package io.github.gill.examples.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {

  @TempDir Path folder;

  private String print() throws IOException {
    return Fingerprint.of(List.of(folder.resolve("model"), folder.resolve("not there")));
  }

  /** A byte at the end of a file too large to be read whole, a name, a size. */
  @Test
  void changesWithContentNameAndSize() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model/unet"));
    byte[] weights = new byte[1 << 20];
    Path file = Files.write(model.resolve("a.safetensors"), weights);
    String first = print();
    assertEquals(first, print());
    weights[weights.length - 1] = 1;
    Files.write(file, weights);
    String trained = print();
    assertNotEquals(first, trained);
    Files.write(file, new byte[(1 << 20) + 1]);
    assertNotEquals(first, print());
    Files.delete(file);
    Files.write(model.resolve("b.safetensors"), new byte[1 << 20]);
    assertNotEquals(first, print());
  }
}
