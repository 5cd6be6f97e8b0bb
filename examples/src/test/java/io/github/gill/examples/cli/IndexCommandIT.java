package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Answer;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class IndexCommandIT {

  private static final Path MICRO =
      Path.of("../gill-core/src/test/resources/micro").toAbsolutePath().normalize();

  @TempDir Path model;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int index(Path pictures) {
    CommandLine line = GillCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute("index", "--model", model.toString(), "--pictures", pictures.toString());
  }

  /** The folder has no model: pictures are looked for first. */
  @Test
  void saysWhereThereIsNoPictureBeforeTheModelIsLoaded() throws IOException {
    Path empty = Files.createDirectories(model.resolve("empty"));
    assertEquals(2, index(empty));
    assertEquals(2, index(Files.createFile(model.resolve("one.png"))));
    for (String line : err.toString().lines().toList()) {
      assertTrue(line.startsWith("gill: there is no picture in " + model), line);
      assertTrue(line.endsWith("end in bmp, gif, jpeg, jpg, png, tif, tiff, webp"), line);
    }
    assertEquals(2, err.toString().lines().count());
    assertTrue(Files.notExists(model.resolve("retrieval")));
  }

  /** Indexing the pictures of the fixture's candidates finds the picture that they find. */
  @Test
  void findsIndexedPictures() throws IOException {
    for (String file : new String[] {"model_args.json", "pretrained_ckpt.pth.tar"}) {
      Files.copy(MICRO.resolve(file), model.resolve(file));
    }
    Files.createSymbolicLink(model.resolve("lm"), MICRO.resolve("lm"));
    Files.createSymbolicLink(model.resolve("vision"), MICRO.resolve("vision"));
    Path pictures = Files.createDirectories(model.resolve("pictures"));
    Files.writeString(pictures.resolve("broken.png"), "not a picture");
    assertEquals(1, index(pictures));
    assertTrue(err.toString().contains("none of the 1 pictures in "), err.toString());
    assertTrue(Files.notExists(model.resolve("retrieval")), "nothing is left of the failure");
    for (int i = 0; i < 12; i++) {
      String name = "%03d.png".formatted(i);
      Files.copy(MICRO.resolve("images").resolve(name), pictures.resolve(name));
    }
    assertEquals(0, index(pictures), err.toString());
    assertEquals("12 candidates", out.toString().strip());
    assertTrue(err.toString().contains("left out: "), err.toString());

    try (Gill gill = Gill.load(model)) {
      Answer answer =
          gill.answer(
              Prompt.of("Snow mountain"),
              AnswerSettings.builder()
                  .forceImage()
                  .numWords(1)
                  .candidates(12)
                  .decision(DecisionMode.RETRIEVE)
                  .build());
      AnswerPart.Image image = answer.images().get(0);
      assertEquals(12, image.retrieved().size());
      assertTrue(image.retrieved().get(0).path().startsWith("pictures/"));
      assertTrue(image.retrieved().get(0).image() != null);
    }
  }
}
