package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.gill.DiffusionSettings;
import io.github.gill.GillException;
import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.SchedulerKind;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.diffusion.scheduler.Scheduler;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.ImageGenerator.Conditioning;
import io.github.gill.spi.ImageGenerator.Picture;
import io.github.gill.spi.ImageGenerator.Request;
import io.github.gill.spi.ImageGenerator.Text;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares every stage with the reference on the fixture; tolerances are the design's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StableDiffusionIT {

  private static final int SIDE = 16; // latent pixels
  private static final Matrix CONDITIONING = Micro.matrix("forced_image.image0.conditioning");

  private final Components parts =
      Components.open(Micro.DIFFUSION, ComputeDevice.CPU, Precision.FP32);
  private StableDiffusion generator;

  StableDiffusionIT() {
    generator = open(Micro.DIFFUSION);
  }

  private static StableDiffusion open(Path folder) {
    return StableDiffusion.open(folder, ComputeDevice.CPU, Precision.FP32, Limits.DEFAULTS);
  }

  @BeforeAll
  void startsOpen() {
    assertEquals(128, generator.defaultSize());
  }

  @AfterAll
  void close() {
    generator.close();
    parts.close();
  }

  private static DiffusionSettings.Builder settings(SchedulerKind kind, long seed) {
    return DiffusionSettings.builder().steps(8).scheduler(kind).seed(seed);
  }

  private static Request request(DiffusionSettings settings, int count) {
    return new Request(new Conditioning(CONDITIONING), settings, null, count);
  }

  /** Keeps the traced latents. */
  private static final class Trace implements Progress {
    final List<float[]> latents = new ArrayList<>();
    long[] shape = {};
    int steps;

    @Override
    public void check() {}

    @Override
    public boolean tracing() {
      return true;
    }

    @Override
    public void trace(String name, float[] values, long... shape) {
      assertEquals("latents", name);
      latents.add(values);
      this.shape = shape;
    }

    @Override
    public void step(int step, int steps, Supplier<BufferedImage> preview) {
      assertEquals(++this.steps, step);
    }
  }

  @Test
  void encodesTheEmptyPromptAsTheReference() {
    TextEncoder encoder = Objects.requireNonNull(parts.textEncoder());
    Matrix empty = encoder.encode("");
    assertTrue(Micro.error(Micro.tensor("uncond"), empty.values()) < 1e-3);
    assertSame(empty, encoder.encode(""), "encoded once");
  }

  @Test
  void predictsTheReferencesNoise() {
    float[] sample = Micro.tensor("unet.sample");
    float[] expected = Micro.tensor("unet.output");
    int half = sample.length / 2;
    List<Matrix> conditioning = List.of(Micro.matrix("uncond"), CONDITIONING);
    for (int k = 0; k < 2; k++) {
      try (Scope scope = new Scope()) {
        Value state =
            parts.unet().prepare(scope, new float[] {981, 17}, List.of(conditioning.get(k)));
        float[] found =
            parts
                .unet()
                .step(
                    state,
                    Arrays.copyOfRange(sample, k * half, (k + 1) * half),
                    k,
                    1,
                    1,
                    4,
                    SIDE,
                    SIDE);
        assertTrue(
            Micro.error(Arrays.copyOfRange(expected, k * half, (k + 1) * half), found) < 1e-3);
      }
    }
  }

  @Test
  void decodesAndEncodesAsTheReference() {
    float[] latents = Micro.tensor("scheduler.ddim.latents");
    int size = 4 * SIDE * SIDE;
    float[] last = Arrays.copyOfRange(latents, latents.length - size, latents.length);
    float[] pixels = parts.vae().decodePixels(last, SIDE, SIDE, Progress.NONE);
    float[] expected = Micro.tensor("vae.decoded");
    assertTrue(Micro.error(expected, pixels) < 1e-3);
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Math.max(-1, Math.min(1, expected[i]));
    }
    Vae.Posterior posterior = parts.vae().encode(expected, 8 * SIDE, 8 * SIDE, Progress.NONE);
    assertTrue(Micro.error(Micro.tensor("vae.encoded_mean"), posterior.mean()) < 1e-3);
  }

  @Test
  void decodesAndEncodesInTilesNearlyAsWhole() {
    VaeConfig config = parts.vae().config();
    try (Checkpoint checkpoint = Checkpoints.open(Micro.DIFFUSION.resolve("vae"));
        Vae tiled = vae(config, checkpoint, Precision.FP32, 0, new Tiling(12, 6));
        Vae oneTile = vae(config, checkpoint, Precision.FP32, 0, new Tiling(16, 4))) {
      float[] latents = Arrays.copyOf(Micro.tensor("scheduler.ddim.latents"), 4 * SIDE * SIDE);
      float[] whole = parts.vae().decodePixels(latents, SIDE, SIDE, Progress.NONE);
      assertEquals(0, Micro.error(whole, oneTile.decodePixels(latents, SIDE, SIDE, Progress.NONE)));
      assertTrue(apart(whole, tiled.decodePixels(latents, SIDE, SIDE, Progress.NONE)) < 0.1);
      float[] mean = parts.vae().encode(whole, 8 * SIDE, 8 * SIDE, Progress.NONE).mean();
      float[] tiledMean = tiled.encode(whole, 8 * SIDE, 8 * SIDE, Progress.NONE).mean();
      assertTrue(apart(mean, tiledMean) < 0.2);
    }
  }

  /** 8 bits of mantissa through a whole decoder. */
  @Test
  void decodesInBf16NearlyAsInFp32() {
    VaeConfig config = parts.vae().config();
    try (Checkpoint checkpoint = Checkpoints.open(Micro.DIFFUSION.resolve("vae"));
        Vae vae = vae(config, checkpoint, Precision.BF16, 0, new Tiling(16, 4))) {
      float[] latents = Arrays.copyOf(Micro.tensor("scheduler.ddim.latents"), 4 * SIDE * SIDE);
      float[] expected = parts.vae().decodePixels(latents, SIDE, SIDE, Progress.NONE);
      double apart = apart(expected, vae.decodePixels(latents, SIDE, SIDE, Progress.NONE));
      assertTrue(apart > 0 && apart < 0.03, "apart " + apart);
    }
  }

  private static Vae vae(
      VaeConfig config, Checkpoint checkpoint, Precision precision, int whole, Tiling tiling) {
    Weights weights = Weights.load(checkpoint, config.layout(), ComputeDevice.CPU, precision);
    PackedLayers.pack(weights);
    return new Vae(config, weights, whole, tiling);
  }

  /** The mean absolute difference, relative to the expected numbers' mean magnitude. */
  private static double apart(float[] expected, float[] found) {
    double difference = 0;
    double magnitude = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.abs(expected[i] - found[i]);
      magnitude += Math.abs(expected[i]);
    }
    return difference / magnitude;
  }

  @ParameterizedTest
  @EnumSource(SchedulerKind.class)
  void followsTheReferencesLatents(SchedulerKind kind) {
    JsonObject expected =
        Micro.json().getAsJsonObject("schedulers").getAsJsonObject(kind.toString());
    Scheduler scheduler = parts.schedulers().create(kind, 8);
    float[] timesteps = scheduler.timesteps();
    JsonArray expectedTimesteps = expected.getAsJsonArray("timesteps");
    assertEquals(expectedTimesteps.size(), timesteps.length);
    for (int i = 0; i < timesteps.length; i++) {
      assertEquals(expectedTimesteps.get(i).getAsFloat(), timesteps[i]);
    }
    assertEquals(expected.get("init_noise_sigma").getAsFloat(), scheduler.initNoiseSigma(), 1e-5f);
    Trace trace = new Trace();
    generator.generate(request(settings(kind, 7).build(), 1), trace);
    float[] latents = Micro.tensor("scheduler." + kind + ".latents");
    assertTrue(Micro.error(latents, trace.latents.get(0)) < 5e-3);
    assertEquals(timesteps.length + 1, trace.shape[0]);
    assertEquals(timesteps.length, trace.steps);
  }

  @ParameterizedTest
  @CsvSource({
    "forced_image.0, forced_image.image0, 0",
    "story.0, story.image0, 0",
    "two_images_min_words.0, two_images_min_words.image0, 0",
    "two_images_min_words.1, two_images_min_words.image1, 1"
  })
  void drawsTheReferencesPictures(String file, String name, int earlier) throws IOException {
    Request request =
        new Request(
            new Conditioning(Micro.matrix(name + ".conditioning")),
            settings(SchedulerKind.PNDM, 1337).build(),
            null,
            1,
            earlier);
    BufferedImage found = generator.generate(request, Progress.NONE).get(0).image();
    assertSamePicture(ImageIO.read(resource("micro/" + file + ".png").toFile()), found);
  }

  /** Within 2 of 255 at 99.9% of the pixels. */
  static void assertSamePicture(BufferedImage expected, BufferedImage found) {
    assertEquals(expected.getWidth(), found.getWidth());
    assertEquals(expected.getHeight(), found.getHeight());
    assertEquals(BufferedImage.TYPE_INT_RGB, found.getType());
    int far = 0;
    for (int y = 0; y < found.getHeight(); y++) {
      for (int x = 0; x < found.getWidth(); x++) {
        int a = expected.getRGB(x, y);
        int b = found.getRGB(x, y);
        boolean near = true;
        for (int shift = 0; shift < 24; shift += 8) {
          near &= Math.abs((a >> shift & 255) - (b >> shift & 255)) <= 2;
        }
        far += near ? 0 : 1;
      }
    }
    assertTrue(far <= found.getWidth() * found.getHeight() / 1000, far + " pixels differ");
  }

  static Path resource(String name) {
    return Path.of("src", "test", "resources", name);
  }

  @Test
  void flagsWhatTheReferenceFlags() throws IOException {
    SafetyChecker checker = Objects.requireNonNull(parts.safetyChecker());
    JsonArray flagged = Micro.json().getAsJsonArray("safety_flagged");
    float[] concepts = Micro.tensor("safety.concept_cosine");
    float[] special = Micro.tensor("safety.special_cosine");
    for (int i = 0; i < 12; i++) {
      Path file = Micro.FOLDER.resolve("images/%03d.png".formatted(i));
      BufferedImage image = ImageIO.read(file.toFile());
      float[] direction = checker.direction(image);
      float[] expected = Arrays.copyOfRange(concepts, i * 17, (i + 1) * 17);
      assertTrue(Micro.error(expected, checker.conceptCosines(direction)) < 1e-2, "picture " + i);
      expected = Arrays.copyOfRange(special, i * 3, (i + 1) * 3);
      assertTrue(Micro.error(expected, checker.specialCosines(direction)) < 1e-2, "picture " + i);
      assertEquals(flagged.get(i).getAsBoolean(), checker.flags(image), "picture " + i);
    }
  }

  /** Within one grey level: requests that make a batch, and one that must wait for the next. */
  @Test
  void drawsTogetherWhatItDrawsAlone() {
    DiffusionSettings first = settings(SchedulerKind.EULER_A, 3).steps(3).build();
    DiffusionSettings second = first.toBuilder().seed(4).build();
    Conditioning half = new Conditioning(scaled(0.5f));
    List<Request> requests =
        List.of(
            new Request(new Conditioning(CONDITIONING), first, null, 1),
            new Request(half, second, null, 2, 1),
            new Request(new Text("a cat"), first, null, 1, 9),
            request(first.toBuilder().steps(2).build(), 1));
    List<List<Picture>> together = generator.generateAll(requests, Progress.NONE);
    assertEquals(requests.size(), together.size());
    for (int i = 0; i < requests.size(); i++) {
      List<Picture> alone = generator.generate(requests.get(i), Progress.NONE);
      assertEquals(alone.size(), together.get(i).size());
      for (int k = 0; k < alone.size(); k++) {
        float[] expected = Pixels.of(alone.get(k).image());
        float[] found = Pixels.of(together.get(i).get(k).image());
        for (int j = 0; j < expected.length; j++) {
          assertEquals(expected[j], found[j], 1.01f / 127.5f, "request " + i);
        }
      }
    }
  }

  private static Matrix scaled(float factor) {
    float[] values = CONDITIONING.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return new Matrix(CONDITIONING.rows(), CONDITIONING.columns(), values);
  }

  @Test
  void leavesPicturesUnflaggedWithoutTheChecker() {
    DiffusionSettings settings =
        settings(SchedulerKind.DDIM, 3).steps(1).safetyChecker(false).build();
    assertFalse(generator.generate(request(settings, 1), Progress.NONE).get(0).flagged());
  }

  @Test
  void drawsEachPictureOfABatchAsAlone() {
    long seed = new Random().nextLong();
    List<Matrix> one = List.of(Micro.matrix("uncond"), CONDITIONING);
    List<Matrix> three = new ArrayList<>();
    one.forEach(matrix -> three.addAll(List.of(matrix, matrix, matrix)));
    try (Program program = Program.load(StableDiffusion.class, "noise.py");
        GaussianNoise noise = new GaussianNoise(program, seed)) {
      Denoising batch = denoising(noise, 3);
      float[] start = batch.pureNoise();
      List<float[]> together = batch.pictures(batch.run(start, 0, three, Progress.NONE, null));
      for (int k = 0; k < 3; k++) {
        Denoising single = denoising(noise, 1);
        float[] alone = single.run(batch.pictures(start).get(k), 0, one, Progress.NONE, null);
        assertTrue(Micro.error(alone, together.get(k)) < 1e-4, "picture " + k + ", seed " + seed);
      }
    }
  }

  private Denoising denoising(GaussianNoise noise, int pictures) {
    Scheduler scheduler = parts.schedulers().create(SchedulerKind.DPMPP_2M, 4);
    return new Denoising(parts.unet(), parts.vae(), scheduler, noise, 7.5, pictures, 4, SIDE, SIDE);
  }

  @Test
  void drawsMoreThanABatchFromOneStream() {
    DiffusionSettings settings =
        settings(SchedulerKind.EULER_A, 21).steps(2).guidance(0).height(64).width(32).build();
    List<Picture> many = generator.generate(request(settings, 9), Progress.NONE);
    assertEquals(9, many.size());
    Request ninth = new Request(new Conditioning(CONDITIONING), settings, null, 1, 8);
    assertSamePicture(many.get(8).image(), generator.generate(ninth, Progress.NONE).get(0).image());
  }

  @ParameterizedTest
  @CsvSource({"FP16, 0.01", "BF16, 0.08"})
  void drawsNearlyTheSameInHalfPrecision(Precision precision, double tolerance) {
    try (Components half = Components.open(Micro.DIFFUSION, ComputeDevice.CPU, precision);
        Scope scope = new Scope()) {
      List<Matrix> conditioning = List.of(Micro.matrix("uncond"), CONDITIONING);
      float[] sample = Arrays.copyOf(Micro.tensor("unet.sample"), 4 * SIDE * SIDE);
      float[] timesteps = {501};
      Value exactly = parts.unet().prepare(scope, timesteps, conditioning);
      Value nearly = half.unet().prepare(scope, timesteps, conditioning);
      float[] expected = parts.unet().step(exactly, sample, 0, 2, 1, 4, SIDE, SIDE);
      float[] found = half.unet().step(nearly, sample, 0, 2, 1, 4, SIDE, SIDE);
      assertTrue(Micro.error(expected, found) < tolerance);
      TextEncoder encoder = Objects.requireNonNull(half.textEncoder());
      assertTrue(Micro.error(Micro.tensor("uncond"), encoder.encode("").values()) < tolerance);
    }
  }

  @Test
  void givesTheSamePicturesForTheSameSeed() {
    DiffusionSettings settings = settings(SchedulerKind.EULER_A, 5).steps(2).build();
    float[] first = latents(settings);
    assertEquals(0, Micro.error(first, latents(settings)));
    assertTrue(Micro.error(first, latents(settings.toBuilder().seed(6).build())) > 0.01);
  }

  private float[] latents(DiffusionSettings settings) {
    Trace trace = new Trace();
    generator.generate(request(settings, 1), trace);
    return trace.latents.get(0);
  }

  /** The original's linear map with {@code gen_emb_dim} 7392: 8 x 7392 numbers are 77 x 768. */
  @Test
  void readsFewLongRowsOnAsRowsOfItsOwn() {
    DiffusionSettings settings = settings(SchedulerKind.DDIM, 5).steps(1).build();
    Trace trace = new Trace();
    Matrix few = new Matrix(8, 7392, CONDITIONING.values());
    generator.generate(new Request(new Conditioning(few), settings, null, 1), trace);
    assertEquals(0, Micro.error(latents(settings), trace.latents.get(0)));
  }

  @Test
  void padsAShortConditioningWithZeros() {
    Matrix two = new Matrix(2, 768, Arrays.copyOf(CONDITIONING.values(), 2 * 768));
    Matrix padded = new Matrix(77, 768, Arrays.copyOf(two.values(), 77 * 768));
    DiffusionSettings settings = settings(SchedulerKind.DDIM, 5).steps(1).build();
    Trace shorter = new Trace();
    generator.generate(new Request(new Conditioning(two), settings, null, 1), shorter);
    Trace longer = new Trace();
    generator.generate(new Request(new Conditioning(padded), settings, null, 1), longer);
    assertEquals(0, Micro.error(longer.latents.get(0), shorter.latents.get(0)));
  }

  @Test
  void endsWithinAStepWhenCancelledAndLeavesNothingBehind() {
    DiffusionSettings settings = settings(SchedulerKind.PNDM, 5).build();
    generator.generate(request(settings, 1), Progress.NONE);
    long before = Value.alive();
    int[] steps = {0};
    Progress cancelled =
        new Progress() {
          @Override
          public void check() {
            if (steps[0] == 3) {
              throw new GillException("cancelled");
            }
          }

          @Override
          public void step(int step, int all, Supplier<BufferedImage> preview) {
            steps[0] = step;
          }
        };
    assertThrows(GillException.class, () -> generator.generate(request(settings, 1), cancelled));
    assertEquals(3, steps[0]);
    assertEquals(before, Value.alive());
  }

  @Test
  void previewsAtHalfTheSize() {
    List<BufferedImage> previews = new ArrayList<>();
    Progress watching =
        new Progress() {
          @Override
          public void check() {}

          @Override
          public void step(int step, int all, Supplier<BufferedImage> preview) {
            assertEquals(3, all);
            previews.add(preview.get());
          }
        };
    DiffusionSettings settings = settings(SchedulerKind.EULER, 5).steps(3).build();
    generator.generate(request(settings, 1), watching);
    assertEquals(3, previews.size());
    assertEquals(64, previews.get(2).getWidth());
  }

  private static void copy(Path folder, String... parts) throws IOException {
    for (String part : parts) {
      Path copy = Files.createDirectory(folder.resolve(part));
      try (Stream<Path> files = Files.list(Micro.DIFFUSION.resolve(part))) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
    }
  }

  @Test
  void needsATextEncoderOnlyForGuidanceAndPrompts(@TempDir Path folder) throws IOException {
    copy(folder, "unet", "vae", "scheduler");
    try (StableDiffusion bare = open(folder)) {
      DiffusionSettings unguided = settings(SchedulerKind.DDIM, 5).steps(1).guidance(1).build();
      Picture picture = bare.generate(request(unguided, 1), Progress.NONE).get(0);
      assertFalse(picture.flagged(), "no checker");
      assertSamePicture(
          generator.generate(request(unguided, 1), Progress.NONE).get(0).image(), picture.image());
      DiffusionSettings guided = unguided.toBuilder().guidance(2).build();
      UnsupportedRequestException e =
          assertThrows(
              UnsupportedRequestException.class,
              () -> bare.generate(request(guided, 1), Progress.NONE));
      assertEquals(
          folder.resolve("text_encoder/config.json")
              + " is missing; prompts and guidance above 1 need the diffusion model's text encoder",
          e.getMessage());
    }
  }

  @Test
  void encodesTheEmptyPromptWithoutATokenizer(@TempDir Path folder) throws IOException {
    copy(folder, "unet", "vae", "scheduler", "text_encoder");
    try (Components bare = Components.open(folder, ComputeDevice.CPU, Precision.FP32)) {
      TextEncoder encoder = Objects.requireNonNull(bare.textEncoder());
      assertTrue(Micro.error(Micro.tensor("uncond"), encoder.encode("").values()) < 1e-3);
      UnsupportedRequestException e =
          assertThrows(UnsupportedRequestException.class, () -> encoder.encode("a cat"));
      assertTrue(String.valueOf(e.getMessage()).contains("diffusion/tokenizer/vocab.json"));
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    DiffusionSettings settings = settings(SchedulerKind.DDIM, 5).steps(1).build();
    Matrix narrow = new Matrix(1, 3, new float[3]);
    UnsupportedRequestException e =
        assertThrows(
            UnsupportedRequestException.class,
            () ->
                generator.generate(
                    new Request(new Conditioning(narrow), settings, null, 1), Progress.NONE));
    assertEquals(
        "the conditioning has rows of 3, but diffusion/unet takes rows of 768; use the diffusion"
            + " model that the GILL model was trained with",
        e.getMessage());
    DiffusionSettings large = settings.toBuilder().height(2048).build();
    LimitException limit =
        assertThrows(
            LimitException.class, () -> generator.generate(request(large, 1), Progress.NONE));
    assertEquals(
        "a picture of height 2048 is over the limit of 1024 pixels a side; ask for a smaller one or"
            + " raise Limits.pictureSide",
        limit.getMessage());
    BufferedImage start = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    DiffusionSettings weak = settings.toBuilder().strength(0.5).build();
    e =
        assertThrows(
            UnsupportedRequestException.class,
            () ->
                generator.generate(
                    new Request(new Conditioning(CONDITIONING), weak, start, 1), Progress.NONE));
    assertEquals(
        "strength 0.5 of 1 steps leaves no step to take; use a strength of at least 1.0 or more"
            + " steps",
        e.getMessage());
  }

  @Test
  void refusesUseAfterClosing() {
    StableDiffusion shortLived = open(resource("sd2-tiny"));
    shortLived.close();
    shortLived.close();
    Request request = new Request(new Text("a"), DiffusionSettings.DEFAULTS, null, 1);
    assertThrows(IllegalStateException.class, () -> shortLived.generate(request, Progress.NONE));
  }
}
