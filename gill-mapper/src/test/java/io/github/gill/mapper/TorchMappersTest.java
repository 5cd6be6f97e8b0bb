package io.github.gill.mapper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Limits;
import io.github.gill.ModelFileException;
import io.github.gill.NetworkPolicy;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.RenamedCheckpoint;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.language.ModelArgs;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.spi.ConditioningMapper;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.ModelContext;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchMappersTest {

  private static final Path MICRO = Path.of("../gill-core/src/test/resources/micro");
  private final TorchMappers mappers = new TorchMappers();

  /**
   * Each file holds a small random map, its input and what PyTorch's own modules make of it; within
   * 1e-5, relative.
   */
  @ParameterizedTest
  @EnumSource
  void mapsAsPyTorchDoes(MapperKind kind) {
    try (Checkpoint file = Checkpoints.open(Path.of("src/test/resources", kind + ".safetensors"));
        ConditioningMapper mapper = mappers.open(context(file, kind.toString(), 12, 10, 4, 6))) {
      Matrix mapped = mapper.map(matrix(file, "states"), matrix(file, "embeddings"));
      assertClose(matrix(file, "conditioning"), mapped, 1e-5);
    }
  }

  /** The states and conditioning of the original for a forced picture; within 1e-3, relative. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "forced_image.image0",
        "story.image0",
        "two_images_min_words.image0",
        "two_images_min_words.image1"
      })
  void mapsAsTheOriginalDoes(String slot) {
    try (Checkpoint expected = Checkpoints.open(MICRO.resolve("expected.safetensors"));
        Checkpoint trained =
            new RenamedCheckpoint(
                Checkpoints.open(MICRO.resolve("pretrained_ckpt.pth.tar")),
                name -> name.replace("module.model.", ""));
        ConditioningMapper mapper = mappers.open(context(trained, "gill_mapper", 96, 768, 8, 77))) {
      Matrix mapped =
          mapper.map(
              matrix(expected, slot + ".img_states"),
              new Matrix(8, 96, FloatTensors.read(trained, "input_embeddings.weight")));
      assertClose(matrix(expected, slot + ".conditioning"), mapped, 1e-3);
    }
  }

  @Test
  void namesTheTensorThatDoesNotFitTheArguments() {
    try (Checkpoint file =
        Checkpoints.open(Path.of("src/test/resources/gill_mapper.safetensors"))) {
      String message =
          assertThrows(
                  ModelFileException.class,
                  () -> mappers.open(context(file, "gill_mapper", 12, 10, 4, 5)))
              .getMessage();
      assertTrue(
          message.contains("gen_text_hidden_fcs.0.query_embs is [1, 6, 16], expected [1, 5, 16]"),
          message);
    }
  }

  @Test
  void namesTheTensorThatItsKindNeeds() {
    try (Checkpoint file = Checkpoints.open(Path.of("src/test/resources/linear.safetensors"))) {
      String message =
          assertThrows(
                  ModelFileException.class,
                  () -> mappers.open(context(file, "gill_mapper", 12, 10, 4, 6)))
              .getMessage();
      assertTrue(message.contains("\"gen_text_hidden_fcs.0.fc.weight\""), message);
      assertTrue(message.contains("use the checkpoint's own model_args.json"), message);
    }
  }

  @Test
  void supportsExactlyTheFourModes() {
    for (String mode : List.of("gill_mapper", "linear", "mlp", "transformer_encoder")) {
      assertTrue(mappers.supports(mode));
    }
    assertFalse(mappers.supports("GILL_MAPPER"));
    assertFalse(mappers.supports(""));
  }

  private static ModelContext context(
      Checkpoint trained, String mode, int hidden, int columns, int images, int rows) {
    return new ModelContext(
        MICRO,
        new ModelArgs("lm", "vision", 4, 64, columns, images, rows, mode),
        trained,
        hidden,
        null,
        ComputeDevice.CPU,
        Precision.FP32,
        false,
        Limits.DEFAULTS,
        NetworkPolicy.OFFLINE);
  }

  private static Matrix matrix(Checkpoint file, String name) {
    TensorInfo info = file.tensors().get(name);
    return new Matrix(
        info.shape().get(0).intValue(),
        info.shape().get(1).intValue(),
        FloatTensors.read(file, name));
  }

  private static void assertClose(Matrix expected, Matrix found, double tolerance) {
    assertEquals(expected.rows(), found.rows());
    assertEquals(expected.columns(), found.columns());
    double error = 0;
    double largest = 0;
    for (int i = 0; i < expected.values().length; i++) {
      error = Math.max(error, Math.abs(expected.values()[i] - found.values()[i]));
      largest = Math.max(largest, Math.abs(expected.values()[i]));
    }
    assertTrue(error < tolerance * largest, "differs by " + error / largest);
  }
}
