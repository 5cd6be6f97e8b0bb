package io.github.gill.examples.eval.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {

  @TempDir Path folder;

  private static List<List<String>> read(Path file, String first, int columns) {
    List<List<String>> rows = new ArrayList<>();
    Table.read(file, first, columns, rows::add);
    return rows;
  }

  @Test
  void readsRowsUnderTheirNames() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.tsv"), "Caption\tfile\r\na \"fox\"\\nred\t1.png\r\n\r\nb\t2.png");
    assertEquals(
        List.of(List.of("a \"fox\"\nred", "1.png"), List.of("b", "2.png")),
        read(file, "caption", 2));
  }

  @Test
  void namesTheLineThatIsWrong() throws IOException {
    Path file = Files.writeString(folder.resolve("a.tsv"), "caption\tfile\na\t1.png\nb\n");
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> read(file, "caption", 2));
    assertTrue(
        e.getMessage().endsWith("line 3: 1 cells, expected at least 2 with tabs between them"));
    e = assertThrows(IllegalArgumentException.class, () -> read(file, "prompt", 2));
    assertTrue(e.getMessage().contains("does not begin with \"prompt\""), e.getMessage());
  }

  @Test
  void countsVotesAsThePaperDoes() {
    assertEquals(Vote.GENERATE, Vote.of("gen,gen,gen,gen,ret"));
    assertEquals(Vote.GENERATE, Vote.of("gen,gen,gen,ret,same"));
    assertEquals(Vote.SAME, Vote.of("gen,gen,gen,ret,ret"));
    assertEquals(Vote.RETRIEVE, Vote.of("ret,ret,same,same,ret"));
    assertEquals(Vote.SAME, Vote.of("same,same,same,same,same"));
    assertEquals(Vote.RETRIEVE, Vote.of("ret\n"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Vote.of("gen,maybe"));
    assertEquals("a vote is \"maybe\"; use gen, ret or same", e.getMessage());
  }
}
