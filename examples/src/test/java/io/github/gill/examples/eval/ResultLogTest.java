package io.github.gill.examples.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.examples.eval.Result.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultLogTest {

  private static final Map<String, String> SETTINGS = Map.of("steps", "25");
  private static final Result.Key FIRST = new Result.Key("vist", "1", "5 captions", "GILL");
  private static final Result.Key SECOND = new Result.Key("vist", "2", "5 captions", "GILL");
  private static final Result.Key FAILED = new Result.Key("vist", "3", "5 captions", "GILL");

  @TempDir Path folder;

  private Path withThree() {
    Path file = folder.resolve("results.jsonl");
    try (ResultLog log = ResultLog.open(file, SETTINGS)) {
      for (Result.Key key : List.of(FIRST, SECOND)) {
        log.add(
            Result.of(key, new Outcome(Map.of("clip", List.of(0.5, 0.7)), List.of("a.png"), "„è")));
      }
      log.add(Result.failed(FAILED, "the picture is damaged"));
    }
    return file;
  }

  @Test
  void remembersResultsAndTriesFailedOnesAgain() {
    try (ResultLog log = ResultLog.open(withThree(), SETTINGS)) {
      assertTrue(log.has(FIRST));
      assertTrue(log.has(SECOND));
      assertFalse(log.has(FAILED));
      Result first = log.results().iterator().next();
      assertEquals(0.6, first.mean("clip"), 1e-12);
      assertEquals("„è", first.text());
      log.add(Result.of(FAILED, Outcome.of(Map.of("clip", List.of(1.0)))));
      assertTrue(log.has(FAILED));
      assertEquals(3, log.results().size());
    }
  }

  /** Cut anywhere in its last line, as a killed run leaves it, the file loses that result only. */
  @Test
  void cutsOffAnUnfinishedLine() throws IOException {
    Path file = withThree();
    byte[] whole = Files.readAllBytes(file);
    String text = Files.readString(file);
    int lastLine =
        text.substring(0, text.indexOf("{\"task\":\"vist\",\"item\":\"3\""))
            .getBytes(StandardCharsets.UTF_8)
            .length;
    for (int length = lastLine; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      try (ResultLog log = ResultLog.open(file, SETTINGS)) {
        assertEquals(2, log.results().size());
        log.add(Result.failed(FAILED, "the picture is damaged"));
      }
      assertEquals(text, Files.readString(file));
    }
  }

  @Test
  void refusesResultsOfOtherSettings() {
    Path file = withThree();
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> ResultLog.open(file, Map.of("steps", "50")).close());
    assertTrue(e.getMessage().contains("{\"settings\":{\"steps\":\"25\"}}"), e.getMessage());
    assertTrue(e.getMessage().contains("name another --out"), e.getMessage());
  }

  @Test
  void namesADamagedLine() throws IOException {
    Path file = withThree();
    Files.writeString(file, Files.readString(file).replace("\"item\":\"2\"", "\"item\":\"2"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> ResultLog.open(file, SETTINGS).close());
    assertTrue(e.getMessage().contains("line 3 is damaged"), e.getMessage());
  }
}
