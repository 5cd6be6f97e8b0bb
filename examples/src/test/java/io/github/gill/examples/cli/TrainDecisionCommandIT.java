package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.Gill;
import io.github.gill.Prompt;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TrainDecisionCommandIT {

  private static final Path MICRO =
      Path.of("../gill-core/src/test/resources/micro").toAbsolutePath().normalize();

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = GillCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  private Path votes() throws IOException {
    List<String> lines = new ArrayList<>(List.of("Prompt\tDecisions", "whatever\tgen,gen,ret,ret"));
    for (String thing : List.of("cat", "dog", "tree", "car", "hat", "cup", "boat", "bird")) {
      lines.add("a green " + thing + " that flies\tgen,gen,gen,gen,same");
      lines.add(thing + "\tret,ret,ret,same,gen");
    }
    return Files.write(folder.resolve("votes.tsv"), lines);
  }

  /** The fixture without its decision head. */
  private Path model() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    try (Stream<Path> files = Files.list(MICRO)) {
      for (Path file : files.toList()) {
        if (!file.endsWith("decision_model.pth.tar")) {
          Files.createSymbolicLink(model.resolve(file.getFileName()), file);
        }
      }
    }
    return model;
  }

  private static float retrieval(Gill gill, String text) {
    AnswerSettings settings =
        AnswerSettings.builder().forceImage().numWords(1).decision(DecisionMode.RETRIEVE).build();
    AnswerPart.Image image =
        (AnswerPart.Image) gill.answer(Prompt.of(text), settings).parts().get(0);
    assertTrue(image.probabilities() != null);
    return image.probabilities().retrieve();
  }

  @Test
  void writesAHeadThatTheModelDecidesWith() throws IOException {
    Path model = model();
    int exit =
        run(
            "train-decision",
            "--model",
            model.toString(),
            "--votes",
            votes().toString(),
            "--top-score",
            "--compare",
            "--folds",
            "2",
            "--repeats",
            "3");
    assertEquals(0, exit, err.toString());
    List<String> lines = out.toString().lines().toList();
    assertEquals(
        "17 prompts: 8 to generate, 8 to retrieve, 1 without agreement left out", lines.get(0));
    assertTrue(lines.get(1).startsWith("this head: macro F1 "), out.toString());
    assertTrue(lines.get(2).startsWith("original recipe: macro F1 "), out.toString());
    assertTrue(lines.get(2).endsWith(" over 6 folds"), out.toString());
    assertTrue(Files.exists(model.resolve("decision.safetensors")));
    try (Gill gill = Gill.load(model)) {
      // Prompts that it was trained on, and whose sides differ plainly.
      float short1 = retrieval(gill, "tree");
      float long1 = retrieval(gill, "a green tree that flies");
      assertTrue(short1 > 0.5 && long1 < 0.5, short1 + " and " + long1);
    }
  }

  @Test
  void countsVotesAndChecksOptionsBeforeItLoadsTheModel() throws IOException {
    assertRefused(
        "votes.tsv has 8 prompts to generate (gen) and 8 to retrieve (ret); 9 folds", "9");
    assertRefused("folds is 1, must be at least 2", "1");
    assertRefused("shrinkage is 2.0, must be 0 to 1", "2", "--shrinkage", "2");
  }

  private void assertRefused(String message, String folds, String... more) throws IOException {
    String[] start = {"train-decision", "--model", "no-such-folder", "--votes"};
    String[] out = {"--out", folder.resolve("head.safetensors").toString(), "--folds", folds};
    int exit =
        run(
            Stream.of(start, new String[] {votes().toString()}, out, more)
                .flatMap(Stream::of)
                .toArray(String[]::new));
    assertEquals(2, exit, err.toString());
    assertTrue(err.toString().contains(message), err.toString());
  }

  @Test
  void leavesTheBundledModelAlone() throws IOException {
    assertEquals(2, run("train-decision", "--votes", votes().toString()));
    assertTrue(err.toString().contains("--out"), err.toString());
    assertFalse(out.toString().contains("prompts"), out.toString());
  }
}
