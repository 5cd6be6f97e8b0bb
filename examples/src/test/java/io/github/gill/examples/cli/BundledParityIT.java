package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.Gill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * gill-tiny's twenty requests, against what the recipe's Python answers: tokens, words, decisions
 * and the order of candidates equal; probabilities and scores within 1e-3; pictures, after fifty
 * guided steps in another order of additions, within 4 of 255 at 99% of the pixels.
 */
class BundledParityIT {

  private static final Path TINY = Path.of("../models/gill-tiny").toAbsolutePath().normalize();
  private static Gill gill;

  @BeforeAll
  static void load() {
    gill = Gill.load(TINY);
  }

  @AfterAll
  static void close() {
    gill.close();
  }

  @TestFactory
  List<DynamicTest> answersAsTheRecipeDoes() throws IOException {
    JsonObject parity =
        JsonParser.parseString(Files.readString(TINY.resolve("parity.json"))).getAsJsonObject();
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonElement element : parity.getAsJsonArray("prompts")) {
      JsonObject row = element.getAsJsonObject();
      tests.add(DynamicTest.dynamicTest(row.get("name").getAsString(), () -> compare(row)));
    }
    assertEquals(20, tests.size());
    return tests;
  }

  private static void compare(JsonObject expected) throws IOException {
    RequestFile request = RequestFile.parse(expected.get("request"), TINY);
    Answer answer = gill.answer(request.prompt(), request.settings());

    assertEquals(integers(expected.getAsJsonArray("tokens")), answer.tokens());
    String before =
        answer.parts().stream()
            .takeWhile(AnswerPart.Text.class::isInstance)
            .map(part -> ((AnswerPart.Text) part).text())
            .reduce("", String::concat);
    assertEquals(expected.get("text").getAsString(), before);
    assertEquals(expected.has("top"), !answer.images().isEmpty());
    if (!answer.images().isEmpty()) {
      compareImage(expected, answer.images().get(0));
    }
  }

  private static void compareImage(JsonObject expected, AnswerPart.Image found) throws IOException {
    assertEquals(expected.get("decision").getAsString().equals("generate"), found.showsGenerated());
    assertEquals(expected.get("retrieve").getAsDouble(), found.probabilities().retrieve(), 1e-3);
    assertEquals(
        integers(expected.getAsJsonArray("top")),
        found.retrieved().stream().map(AnswerPart.Retrieved::index).toList());
    for (int i = 0; i < found.retrieved().size(); i++) {
      double score = expected.getAsJsonArray("scores").get(i).getAsDouble();
      assertEquals(score, found.retrieved().get(i).score(), 1e-3 * Math.abs(score) + 1e-3);
    }
    double share =
        Pictures.agreement(
            ImageIO.read(TINY.resolve(expected.get("picture").getAsString()).toFile()),
            found.generated().get(0).image(),
            4);
    assertTrue(share >= 0.99, "only " + share + " of the pixels agree");
  }

  private static List<Integer> integers(JsonArray array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonElement::getAsInt).toList();
  }
}
