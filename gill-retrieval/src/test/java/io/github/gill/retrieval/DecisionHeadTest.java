package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Decision;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecisionHeadTest {

  @TempDir Path folder;

  @Test
  void isAbsentFromAFolderWithoutOne() {
    assertTrue(DecisionHead.read(folder, 96).isEmpty());
  }

  @Test
  void choosesTheMostProbableOfThreeLabels() {
    float[] identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    DecisionHead head = new DecisionHead(new LinearLayer(identity, new float[3]), false, 0.5f);
    assertEquals(Decision.GENERATE, head.decide(new float[] {2, 1, 1}).decision());
    assertEquals(Decision.RETRIEVE, head.decide(new float[] {1, 2, 1}).decision());
    assertEquals(Decision.SAME, head.decide(new float[] {1, 1, 2}).decision());
    assertEquals(Decision.GENERATE, head.decide(new float[] {1, 1, 1}).decision());
    assertArrayEquals(
        new float[] {0.0900306f, 0.2447285f, 0.6652410f},
        head.probabilities(new float[] {1001, 1002, 1003}),
        1e-6f);
  }

  @Test
  void readsWhatItWrites() {
    LinearLayer layer = new LinearLayer(new float[] {1, 2, 3, -4, 5, 6}, new float[] {0.5f, -1});
    DecisionHead head = new DecisionHead(layer, true, 0.25f);
    head.write(folder.resolve("decision.safetensors"));
    DecisionHead read = DecisionHead.read(folder, 2).orElseThrow();
    assertTrue(read.takesTopScore());
    assertEquals(0.25f, read.threshold());
    float[] features = {0.3f, -0.1f, 0.2f};
    assertArrayEquals(head.probabilities(features), read.probabilities(features), 0);
  }

  @Test
  void retrievesFromTheThreshold() {
    LinearLayer layer = new LinearLayer(new float[] {0, 1}, new float[2]);
    DecisionHead eager = new DecisionHead(layer, false, 0.25f);
    DecisionHead usual = new DecisionHead(layer, false, 0.5f);
    float[] state = {-1}; // p(retrieve) = 0.27
    assertEquals(Decision.RETRIEVE, eager.decide(state).decision());
    assertEquals(Decision.GENERATE, usual.decide(state).decision());
    assertEquals(Decision.GENERATE, usual.decide(new float[] {0}).decision());
  }

  @Test
  void prefersOurFileToTheOriginals() throws Exception {
    Files.copy(
        Micro.FOLDER.resolve("decision_model.pth.tar"), folder.resolve("decision_model.pth.tar"));
    assertEquals(0.5f, DecisionHead.read(folder, 96).orElseThrow().threshold());
    new DecisionHead(new LinearLayer(new float[192], new float[2]), false, 0.75f)
        .write(folder.resolve("decision.safetensors"));
    assertEquals(0.75f, DecisionHead.read(folder, 96).orElseThrow().threshold());
  }

  @Test
  void namesWhatDoesNotFit() throws Exception {
    Files.copy(
        Micro.FOLDER.resolve("decision_model.pth.tar"), folder.resolve("decision_model.pth.tar"));
    refuses(
        4096,
        "decision_model.pth.tar: 1.weight is [2, 96] and 1.bias [2], expected [2 or 3, 4096] and as"
            + " many biases; use the decision head that belongs to this language model");
    write(
        new SafetensorsWriter()
            .floats("1.weight", new float[8], 4, 2)
            .floats("1.bias", new float[4], 4));
    refuses(2, "1.weight is [4, 2]");
    write(
        new SafetensorsWriter()
            .floats("1.weight", new float[4], 2, 2)
            .floats("1.bias", new float[3], 3));
    refuses(2, "1.bias [3]");
    write(new SafetensorsWriter().floats("1.weight", new float[4], 2, 2));
    refuses(2, "has no floating-point tensor \"1.bias\"");
    write(
        new SafetensorsWriter()
            .metadata("threshold", "2")
            .floats("1.weight", new float[4], 2, 2)
            .floats("1.bias", new float[2], 2));
    refuses(2, "threshold is \"2\", expected a number between 0 and 1");
  }

  private void write(SafetensorsWriter writer) {
    writer.write(folder.resolve("decision.safetensors"));
  }

  private void refuses(int hidden, String message) {
    ModelFileException refusal =
        assertThrows(ModelFileException.class, () -> DecisionHead.read(folder, hidden));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }
}
