package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.Decision;
import io.github.gill.Prompt;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerFilesTest {

  @TempDir Path folder;

  @Test
  void removesTheEarlierAnswersPicturesAndNothingElse() throws IOException {
    for (String old :
        List.of(
            "image0.generated.png",
            "image0.generated1.png",
            "image0.retrieved.png",
            "image1.retrieved.png",
            "image.png",
            "image0.generated.png.bak")) {
      Files.writeString(folder.resolve(old), "old");
    }
    BufferedImage picture = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    AnswerPart.Image image =
        new AnswerPart.Image(
            Decision.GENERATE,
            null,
            List.of(),
            List.of(
                new AnswerPart.Generated(null, null, true),
                new AnswerPart.Generated(picture, null, false)),
            null);
    Answer answer = new Answer(List.of(), List.of(image), new Answer.Timings(0, 0, 0, 0, 0));
    AnswerFiles.write(answer, Prompt.of("A"), AnswerSettings.DEFAULTS, folder, false);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          Set.of("image0.generated1.png", "image.png", "image0.generated.png.bak"),
          left.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
    assertEquals(2, ImageIO.read(folder.resolve("image0.generated1.png").toFile()).getWidth());
  }
}
