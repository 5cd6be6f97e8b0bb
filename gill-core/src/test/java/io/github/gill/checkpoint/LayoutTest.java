package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutTest {

  private static final Layout LAYOUT =
      Layout.builder("a network")
          .tensor("block.to_q.weight", 4, 4)
          .tensor("scale")
          .optional("block.bias", 4)
          .spelling("\\.query\\.", ".to_q.")
          .ignore(".*position_ids")
          .build();

  @Test
  void findsOldSpellingsAndLeavesIgnoredTensorsOut() {
    assertEquals(
        Map.of("block.to_q.weight", "block.query.weight", "scale", "scale"),
        LAYOUT.match(
            "f",
            Map.of("block.query.weight", f32(4, 4), "scale", f32(), "x.position_ids", f32(9))));
  }

  @Test
  void takesOneByOneConvolutionsForLinearLayers() {
    assertEquals(
        "block.to_q.weight",
        LAYOUT
            .match("f", Map.of("block.to_q.weight", f32(4, 4, 1, 1), "scale", f32(1)))
            .get("block.to_q.weight"));
  }

  @Test
  void namesWhatIsMissingSuperfluousAndMisshapen() {
    String message =
        assertThrows(
                ModelFileException.class,
                () -> LAYOUT.match("f.bin", Map.of("block.to_q.weight", f32(4, 5), "odd", f32(1))))
            .getMessage();
    assertTrue(message.startsWith("f.bin does not fit a network:"), message);
    assertTrue(message.contains("missing scale;"), message);
    assertTrue(message.contains("not known odd;"), message);
    assertTrue(message.contains("block.to_q.weight is [4, 5], expected [4, 4];"), message);
  }

  @Test
  void refusesOneTensorUnderTwoNames() {
    String message =
        assertThrows(
                ModelFileException.class,
                () ->
                    LAYOUT.match(
                        "f",
                        Map.of(
                            "block.to_q.weight",
                            f32(4, 4),
                            "block.query.weight",
                            f32(4, 4),
                            "scale",
                            f32())))
            .getMessage();
    assertTrue(message.contains("one tensor under two names: "), message);
  }

  @Test
  void takesAStandInOnlyForWhatIsMissing() {
    Layout tied = Layout.builder("tied").tensor("table", 4, 2).standIn("table", "head").build();
    assertEquals(Map.of("table", "head"), tied.match("f", Map.of("head", f32(4, 2))));
    assertEquals(
        Map.of("table", "table"), tied.match("f", Map.of("head", f32(4, 2), "table", f32(4, 2))));
    String message =
        assertThrows(ModelFileException.class, () -> tied.match("f", Map.of("head", f32(3, 2))))
            .getMessage();
    assertTrue(message.contains("head is [3, 2], expected [4, 2];"), message);
  }

  private static TensorInfo f32(long... shape) {
    return new TensorInfo(
        TensorType.F32,
        java.util.Arrays.stream(shape).boxed().collect(java.util.stream.Collectors.toList()));
  }
}
