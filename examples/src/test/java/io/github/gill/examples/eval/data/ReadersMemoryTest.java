package io.github.gill.examples.eval.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files four times as large as the whole heap of the process that reads them. */
class ReadersMemoryTest {

  private static final int STORIES = 20_000;

  @TempDir Path folder;

  /** Counts stories and rows in a process of its own. */
  static final class Reading {
    private Reading() {}

    public static void main(String[] args) {
      int[] count = new int[2];
      Stories.read(Path.of(args[0]), story -> ++count[0] > 0);
      Table.read(Path.of(args[1]), java.util.List.of("caption", "file"), row -> ++count[1] > 0);
      System.exit(count[0] == STORIES && count[1] == STORIES ? 0 : 1);
    }
  }

  @Test
  void holdNoWholeFileInMemory() throws IOException, InterruptedException {
    String filler = "x".repeat(600);
    Path vist = folder.resolve("vist.json");
    try (Writer out = Files.newBufferedWriter(vist)) {
      out.write("{\"images\": [");
      for (int i = 0; i < STORIES; i++) {
        out.write((i == 0 ? "" : ",") + "{\"title\": \"" + filler + "\"}");
      }
      out.write("], \"annotations\": [");
      for (int i = 0; i < 5 * STORIES; i++) {
        out.write(
            "%s[{\"story_id\": \"%d\", \"photo_flickr_id\": \"%d\", \"text\": \"%s\", \"worker_arranged_photo_order\": %d}]"
                .formatted(i == 0 ? "" : ",", i / 5, i, filler, i % 5));
      }
      out.write("]}");
    }
    Path table = folder.resolve("captions.tsv");
    try (Writer out = Files.newBufferedWriter(table)) {
      out.write("caption\tfile\n");
      for (int i = 0; i < STORIES; i++) {
        out.write(filler.repeat(5) + "\t" + i + ".jpg\n");
      }
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx16m",
                "-cp",
                System.getProperty("java.class.path"),
                Reading.class.getName(),
                vist.toString(),
                table.toString())
            .inheritIO()
            .start();
    try {
      assertEquals(true, process.waitFor(5, TimeUnit.MINUTES), "the readers hang");
      assertEquals(0, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
  }
}
