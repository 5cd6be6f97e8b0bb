package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VotesFileTest {

  @TempDir Path folder;

  private List<VotesFile.Row> read(String... lines) throws IOException {
    return VotesFile.read(Files.write(folder.resolve("votes.tsv"), List.of(lines)));
  }

  /** Labels as the original's script gives them for these votes. */
  @Test
  void agreesOnVotesAsTheOriginalDoes() throws IOException {
    List<VotesFile.Row> rows =
        read(
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
            new VotesFile.Row("molecule", 0),
            new VotesFile.Row("protein", 1),
            new VotesFile.Row("a nine\nlives", 1),
            new VotesFile.Row("bond", 0),
            new VotesFile.Row("air", 2),
            new VotesFile.Row("wood", 0),
            new VotesFile.Row("force", 2)),
        rows);
  }

  @Test
  void takesAgreedDecisionsAsTheyAre() throws IOException {
    List<VotesFile.Row> rows = read("Decision\tprompt", "same\ta", "ret\tb", "gen\tc");
    assertEquals(List.of(2, 1, 0), rows.stream().map(VotesFile.Row::label).toList());
  }

  @Test
  void saysWhichLineIsWrong() {
    refuses("expected Prompt and Decisions", "Prompt\tVerdict", "a\tgen");
    refuses("line 3 has 1 columns, the first line 2", "Prompt\tDecision", "a\tgen", "b");
    refuses("line 2 votes [gen, maybe]", "Prompt\tDecisions", "a\tgen,maybe");
  }

  private void refuses(String message, String... lines) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> read(lines));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
