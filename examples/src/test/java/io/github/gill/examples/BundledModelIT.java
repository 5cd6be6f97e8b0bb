package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.Prompt;
import io.github.gill.SchedulerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model that ships on the class path, extracted into a cache of the test's own. */
class BundledModelIT {

  @TempDir static Path cache;

  @BeforeAll
  static void useOwnCache() {
    System.setProperty("gill.cache", cache.toString());
  }

  @AfterAll
  static void forgetCache() {
    System.clearProperty("gill.cache");
  }

  @Test
  void answersWithTextAndBothKindsOfPicturesOutOfTheBox() {
    try (Gill gill = Gill.builder().build()) {
      Answer answer =
          gill.answer(
              Prompt.of("Q: Show me a red apple.\nA:"),
              AnswerSettings.builder()
                  .numWords(12)
                  .minWordTokens(4)
                  .forceImage()
                  .decision(DecisionMode.BOTH)
                  .diffusion(
                      DiffusionSettings.builder()
                          .steps(4)
                          .scheduler(SchedulerKind.DPMPP_2M)
                          .build())
                  .build());
      assertFalse(answer.text().isBlank());
      AnswerPart.Image image = answer.images().get(0);
      assertNotNull(image.probabilities());
      assertNotNull(image.generated().get(0).image());
      assertEquals(64, image.generated().get(0).image().getWidth());
      assertEquals(10, image.retrieved().size());
      assertNotNull(image.retrieved().get(0).image());
    }
  }

  /** What a loss of power or a killed extraction left behind damaged is mended. */
  @Test
  void mendsABrokenExtraction() throws IOException {
    Gill.builder().build().close();
    Path folder;
    try (Stream<Path> models = Files.list(cache)) {
      folder = models.findFirst().orElseThrow();
    }
    Path weights = folder.resolve("decision_model.pth.tar");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, new byte[] {1, 2, 3});
    Gill.builder().build().close();
    assertArrayEquals(whole, Files.readAllBytes(weights), "cut off after the extraction");
    Files.write(weights, new byte[whole.length]);
    Files.delete(folder.resolve(".extracted"));
    Gill.builder().build().close();
    assertArrayEquals(whole, Files.readAllBytes(weights), "damaged before its end");
  }
}
