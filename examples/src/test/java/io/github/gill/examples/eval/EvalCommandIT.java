package io.github.gill.examples.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The bundled model's own data, two items of each. */
class EvalCommandIT {

  private static final Path TINY = Path.of("../models/gill-tiny").toAbsolutePath().normalize();

  @TempDir Path folder;

  private static int execute(StringWriter err, String... args) {
    CommandLine line = new CommandLine(new EvalCommand());
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(new PrintWriter(err, true));
    return line.execute(args);
  }

  private int eval(StringWriter err, String... more) {
    String[] args =
        Stream.concat(
                Stream.of(
                    "--model",
                    TINY.toString(),
                    "--out",
                    folder.resolve("out").toString(),
                    "--data",
                    folder.resolve("data").toString(),
                    "--limit",
                    "2",
                    "--limit-reading",
                    "2",
                    "--steps",
                    "2",
                    "--pictures",
                    "another=" + folder.resolve("another")),
                Stream.of(more))
            .toArray(String[]::new);
    return execute(err, args);
  }

  /** Rows of a table under its line of names. */
  private void copyTable(String name, int rows) throws IOException {
    try (Stream<String> lines = Files.lines(TINY.resolve("evaluation").resolve(name))) {
      Files.write(folder.resolve("data").resolve(name), lines.limit(rows + 1L).toList());
    }
  }

  private List<JsonObject> results() throws IOException {
    return Files.readAllLines(folder.resolve("out/results.jsonl")).stream()
        .skip(1)
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  @Test
  void measuresReportsMissingPicturesAndGoesOn() throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("data/pictures"));
    try (Stream<Path> all = Files.list(TINY.resolve("evaluation/pictures"))) {
      for (Path picture : all.toList()) {
        Files.copy(picture, pictures.resolve(picture.getFileName()));
      }
    }
    for (String name : List.of("vist.json", "visdial.json", "refinements.tsv")) {
      Files.copy(TINY.resolve("evaluation").resolve(name), folder.resolve("data").resolve(name));
    }
    copyTable("captions.tsv", 3);
    copyTable("names.tsv", 2);
    copyTable("decisions.tsv", 6);
    // The first caption's picture is gone; another system drew one of the two others.
    List<String> captions = Files.readAllLines(folder.resolve("data/captions.tsv"));
    Files.deleteIfExists(pictures.resolve(captions.get(1).split("\t", -1)[1]));
    String truth = captions.get(2).split("\t", -1)[1];
    Path drawn = Files.createDirectories(folder.resolve("another/captions/caption"));
    Files.copy(pictures.resolve(truth), drawn.resolve(truth), StandardCopyOption.REPLACE_EXISTING);

    StringWriter err = new StringWriter();
    assertEquals(0, eval(err), err.toString());

    List<JsonObject> first = results();
    String report = Files.readString(folder.resolve("out/evaluation.md"));
    assertTrue(report.contains("| captions | 2 | 1 | 1 pictures are missing: "), report);
    assertTrue(report.contains("| stories | 2 | 0 |"), report);
    assertTrue(report.contains("there is neither a picture"), report);
    // 2 stories: 3 contexts by GILL and by chance, 2 by the baseline, the richest by 3 more maps.
    assertEquals(
        22, first.stream().filter(r -> r.get("task").getAsString().equals("vist")).count());
    JsonObject copied =
        first.stream()
            .filter(r -> r.get("system").getAsString().equals("another") && r.has("scores"))
            .filter(r -> r.getAsJsonObject("scores").has("clip"))
            .findFirst()
            .orElseThrow();
    double same = copied.getAsJsonObject("scores").getAsJsonArray("clip").get(0).getAsDouble();
    assertEquals(1, same, 1e-5, "the true picture itself");
    assertTrue(Files.size(folder.resolve("out/index.html")) > 10_000);

    err = new StringWriter();
    assertEquals(0, eval(err), err.toString());
    List<JsonObject> second = results();
    assertTrue(
        second.subList(first.size(), second.size()).stream().allMatch(r -> r.has("error")),
        "only what failed was tried again");
    assertEquals(report, Files.readString(folder.resolve("out/evaluation.md")));
  }
}
