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

class VotesTest {

  @TempDir Path folder;

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("votes.tsv"), List.of(lines));
  }

  /** Labels as the original's script gives them for these votes. */
  @Test
  void agreesOnVotesAsTheOriginalDoes() throws IOException {
    Path file =
        file(
            "Prompt\tCategory\tChallenge\tNote\tDecisions",
            "molecule\tAbstract\tBasic\t\tgen,gen,gen,gen,gen",
            "protein\tAbstract\tBasic\t\tret,ret,same,ret,ret",
            "a nine\\nlives\tAbstract\tBasic\t\tgen,ret,ret,same,ret",
            "bond\tAbstract\tBasic\t\tret,gen,gen,same,gen",
            "air\tAbstract\tBasic\t\tgen,ret,gen,ret,same",
            "wood\tAbstract\tBasic\t\tsame,same,gen,gen,gen",
            "force\tAbstract\tBasic\t\tret,gen,ret,gen,gen");
    assertEquals(
        List.of(
            new Votes.Row("molecule", Vote.GENERATE),
            new Votes.Row("protein", Vote.RETRIEVE),
            new Votes.Row("a nine\nlives", Vote.RETRIEVE),
            new Votes.Row("bond", Vote.GENERATE),
            new Votes.Row("air", Vote.SAME),
            new Votes.Row("wood", Vote.GENERATE),
            new Votes.Row("force", Vote.SAME)),
        Votes.read(file));
  }

  @Test
  void takesAgreedDecisionsAsTheyAre() throws IOException {
    List<Votes.Row> rows = Votes.read(file("Decision\tprompt", "same\ta", "ret\tb", "gen \tc"));
    assertEquals(
        List.of(Vote.SAME, Vote.RETRIEVE, Vote.GENERATE),
        rows.stream().map(Votes.Row::vote).toList());
  }

  @Test
  void stopsWhenThereIsEnough() throws IOException {
    List<Votes.Row> rows = new ArrayList<>();
    Votes.read(
        file("Prompt\tDecision", "a\tgen", "b\tmaybe"),
        row -> {
          rows.add(row);
          return false;
        });
    assertEquals(List.of(new Votes.Row("a", Vote.GENERATE)), rows);
  }

  @Test
  void saysWhichLineIsWrong() {
    refuses("expected one named decisions or decision", "Prompt\tVerdict", "a\tgen");
    refuses("line 3: 1 columns, the first line has 2", "Prompt\tDecision", "a\tgen", "b");
    refuses(
        "line 2: a vote is \"maybe\"; use gen, ret or same", "Prompt\tDecisions", "a\tgen,maybe");
  }

  private void refuses(String message, String... lines) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> Votes.read(file(lines)));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
