package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.DiffusionSettings;
import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.ModelFileException;
import io.github.gill.SchedulerKind;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.spi.ImageGenerator.Request;
import io.github.gill.spi.ImageGenerator.Text;
import io.github.gill.spi.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Compares a model of the 2.x kind with the reference: linear projections, heads by level,
 * v-prediction, odd sizes, prompts and image-to-image. {@code sd2-tiny/README.md} says how its
 * figures were made.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Sd2IT {

  private static final Path FOLDER = StableDiffusionIT.resource("sd2-tiny");
  private static final String PROMPT = "A cat sat on a basket";

  private final StableDiffusion generator =
      StableDiffusion.open(FOLDER, ComputeDevice.CPU, Precision.FP32, Limits.DEFAULTS);

  @AfterAll
  void close() {
    generator.close();
  }

  private static float[] expected(String name) {
    try (Checkpoint file = Checkpoints.open(FOLDER.resolve("expected.safetensors"))) {
      return FloatTensors.read(file, name);
    }
  }

  private static boolean has(String name) {
    try (Checkpoint file = Checkpoints.open(FOLDER.resolve("expected.safetensors"))) {
      return file.tensors().containsKey(name);
    }
  }

  /** Keeps the latents after the last step. */
  private static final class LastLatents implements Progress {
    float[] latents = {};

    @Override
    public void check() {}

    @Override
    public boolean tracing() {
      return true;
    }

    @Override
    public void trace(String name, float[] values, long... shape) {
      int size = (int) (shape[1] * shape[2] * shape[3]);
      latents = Arrays.copyOfRange(values, values.length - size, values.length);
    }
  }

  private BufferedImage draw(
      DiffusionSettings settings, @Nullable BufferedImage start, int count, Progress progress) {
    Request request = new Request(new Text(PROMPT), settings, start, count);
    return generator.generate(request, progress).get(count - 1).image();
  }

  private static BufferedImage picture(String name) throws IOException {
    return ImageIO.read(FOLDER.resolve(name).toFile());
  }

  @Test
  void encodesPrompts() {
    try (Components parts = Components.open(FOLDER, ComputeDevice.CPU, Precision.FP32)) {
      TextEncoder encoder = Objects.requireNonNull(parts.textEncoder());
      assertTrue(Micro.error(expected("prompt"), encoder.encode(PROMPT).values()) < 1e-3);
    }
  }

  @Test
  void drawsWithTheModelsOwnSamplerUnlessAnotherIsNamed() {
    DiffusionSettings own = DiffusionSettings.builder().steps(2).seed(3).build();
    float[] drawn = drawn(own);
    assertArrayEquals(drawn(own.toBuilder().scheduler(SchedulerKind.DDIM).build()), drawn);
    float[] other = drawn(own.toBuilder().scheduler(SchedulerKind.PNDM).build());
    assertFalse(Arrays.equals(other, drawn));
  }

  private float[] drawn(DiffusionSettings settings) {
    Request request = new Request(new Text(PROMPT), settings, null, 1);
    return Pixels.of(generator.generate(request, Progress.NONE).get(0).image());
  }

  @ParameterizedTest
  @EnumSource(SchedulerKind.class)
  void drawsPrompts(SchedulerKind kind) {
    String name = "text." + kind;
    if (!has(name)) {
      return;
    }
    DiffusionSettings settings =
        DiffusionSettings.builder()
            .scheduler(kind)
            .steps(6)
            .guidance(5)
            .seed(11)
            .height(40)
            .width(56)
            .negativePrompt("a dog")
            .build();
    LastLatents last = new LastLatents();
    draw(settings, null, 2, last);
    float[] both = expected(name);
    assertTrue(Micro.error(Arrays.copyOf(both, both.length / 2), last.latents) < 5e-3);
  }

  @ParameterizedTest
  @EnumSource(SchedulerKind.class)
  void changesPictures(SchedulerKind kind) throws IOException {
    DiffusionSettings settings =
        DiffusionSettings.builder()
            .scheduler(kind)
            .steps(7)
            .guidance(4)
            .seed(12)
            .strength(0.6)
            .build();
    LastLatents last = new LastLatents();
    draw(settings, picture("start.png"), 2, last);
    float[] both = expected("image." + kind);
    assertTrue(Micro.error(Arrays.copyOf(both, both.length / 2), last.latents) < 5e-3);
  }

  @Test
  void drawsTheReferencesPictures() throws IOException {
    DiffusionSettings unguided =
        DiffusionSettings.builder()
            .scheduler(SchedulerKind.DDIM)
            .steps(6)
            .guidance(1)
            .seed(11)
            .height(40)
            .width(56)
            .build();
    StableDiffusionIT.assertSamePicture(
        picture("unguided.png"), draw(unguided, null, 1, Progress.NONE));
    DiffusionSettings changed =
        DiffusionSettings.builder()
            .scheduler(SchedulerKind.DDIM)
            .steps(7)
            .guidance(4)
            .seed(12)
            .strength(0.6)
            .build();
    StableDiffusionIT.assertSamePicture(
        picture("changed.png"), draw(changed, picture("start.png"), 1, Progress.NONE));
  }

  @Test
  void refusesMoreStepsThanTheLimit() {
    DiffusionSettings tooMany =
        DiffusionSettings.builder().scheduler(SchedulerKind.DDIM).steps(200).build();
    assertEquals(48, generator.defaultSize());
    Limits few = new Limits(1, 1, 1, 1, 100, 1, 64);
    try (StableDiffusion limited =
        StableDiffusion.open(FOLDER, ComputeDevice.CPU, Precision.FP32, few)) {
      Request request = new Request(new Text(PROMPT), tooMany, null, 1);
      Exception e =
          assertThrows(LimitException.class, () -> limited.generate(request, Progress.NONE));
      assertEquals(
          "200 denoising steps are over the limit of 100; use fewer or raise Limits.steps",
          e.getMessage());
    }
  }

  @Test
  void refusesAnUnsupportedPipeline(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("model_index.json"), "{\"_class_name\":\"StableDiffusionXLPipeline\"}");
    Exception e =
        assertThrows(
            ModelFileException.class,
            () -> Components.open(folder, ComputeDevice.CPU, Precision.FP32));
    assertEquals(
        folder.resolve("model_index.json")
            + " is a StableDiffusionXLPipeline; use a Stable Diffusion 1.x or 2.x model",
        e.getMessage());
  }
}
