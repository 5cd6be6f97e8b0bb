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

  private static List<List<String>> read(Path file, String... columns) {
    List<List<String>> rows = new ArrayList<>();
    Table.read(file, List.of(columns), rows::add);
    return rows;
  }

  @Test
  void readsRowsUnderTheirNames() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.tsv"), "Caption\tfile\r\na \"fox\"\\nred\t1.png\r\n\r\nb\t2.png");
    assertEquals(
        List.of(List.of("a \"fox\"\nred", "1.png"), List.of("b", "2.png")),
        read(file, "caption", "file|image"));
  }

  @Test
  void readsWantedColumnsByTheirNames() throws IOException {
    Path file = Files.writeString(folder.resolve("a.tsv"), "Image\tlang\tCaption\n1.png\ten\ta\n");
    assertEquals(List.of(List.of("a", "1.png")), read(file, "caption", "file|image"));
  }

  @Test
  void namesTheLineThatIsWrong() throws IOException {
    Path file = Files.writeString(folder.resolve("a.tsv"), "caption\tfile\na\t1.png\nb\n");
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> read(file, "caption", "file"));
    assertTrue(
        e.getMessage()
            .endsWith("line 3: 1 columns, the first line has 2; put one tab between them"),
        e.getMessage());
    e = assertThrows(IllegalArgumentException.class, () -> read(file, "prompt"));
    assertTrue(
        e.getMessage()
            .endsWith(
                "line 1: the columns are [caption, file], expected one named prompt; name the"
                    + " columns there"),
        e.getMessage());
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
