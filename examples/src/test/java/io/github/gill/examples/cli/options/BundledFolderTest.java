package io.github.gill.examples.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BundledFolderTest {

  @Test
  void standsInForAModelThatIsNotGiven() throws IOException {
    Path given = Path.of("another");
    assertEquals(given, BundledFolder.or(given));
    assertTrue(Files.isSameFile(Path.of("../models/gill-tiny"), BundledFolder.or(null)));
  }
}
