package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * gill-tiny's training recipe runs from the icon sets to a measured model folder, on a few
 * drawings. It needs Python with torch and its friends ({@code -Dgill.recipe.python=…}, else {@code
 * python3}), npm and rsvg-convert, and is skipped where one is missing.
 */
class RecipeSmokeIT {

  private static final String PYTHON = System.getProperty("gill.recipe.python", "python3");

  private record Finished(int status, String output) {}

  @Test
  void makesAndMeasuresAModelFromAFewDrawings() throws Exception {
    needs(PYTHON, "-c", "import torch, transformers, tokenizers, safetensors, numpy, PIL");
    needs("npm", "--version");
    needs("rsvg-convert", "--version");

    Finished smoke = run(List.of(PYTHON, "-W", "ignore", "recipe/smoke.py"));

    assertEquals(0, smoke.status(), smoke.output());
    assertTrue(smoke.output().endsWith("smoke: ok\n"), smoke.output());
  }

  private static void needs(String... command) throws InterruptedException {
    try {
      assumeTrue(run(List.of(command)).status() == 0, () -> command[0] + " lacks what is needed");
    } catch (IOException e) {
      assumeTrue(false, command[0] + " is not there: " + e.getMessage());
    }
  }

  private static Finished run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(Path.of("../models").toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Finished(process.waitFor(), output);
  }
}
