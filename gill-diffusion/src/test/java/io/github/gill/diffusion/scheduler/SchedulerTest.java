package io.github.gill.diffusion.scheduler;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import io.github.gill.SchedulerKind;
import io.github.gill.UnsupportedRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compares every sampler with diffusers' on a network that is a cosine; {@code runs.json} says how
 * its figures were made. Tolerance: 2e-4 of the largest latent, 1e-3 of a timestep.
 */
class SchedulerTest {

  private static final int LATENTS = 6;

  @TestFactory
  Stream<DynamicTest> goesWhereTheReferenceGoes() throws IOException {
    JsonObject file = load();
    return file.getAsJsonArray("runs").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(
            run -> {
              String name = run.get("config").getAsString();
              JsonObject json = file.getAsJsonObject("configs").getAsJsonObject(name);
              return DynamicTest.dynamicTest(
                  "%s, %s, %s steps from %s"
                      .formatted(name, run.get("kind"), run.get("steps"), run.get("start")),
                  () -> compare(SchedulerConfig.parse(name, json.toString()), run));
            });
  }

  private static void compare(SchedulerConfig config, JsonObject run) {
    SchedulerKind kind = SchedulerKind.parse(run.get("kind").getAsString());
    Scheduler scheduler = config.create(kind, run.get("steps").getAsInt());
    int start = run.get("start").getAsInt();
    float[] timesteps = scheduler.timesteps();
    float[] expectedTimesteps = floats(run.getAsJsonArray("timesteps"));
    float[] latents = sine(0);
    if (start > 0) {
      float[] clean = new float[LATENTS];
      for (int j = 0; j < LATENTS; j++) {
        clean[j] = (float) (0.4 * j - 1);
      }
      latents = scheduler.addNoise(clean, latents, start);
    } else {
      for (int j = 0; j < LATENTS; j++) {
        latents[j] *= scheduler.initNoiseSigma();
      }
    }
    for (int i = start; i < timesteps.length; i++) {
      float[] seen = scheduler.scaleModelInput(latents, i);
      float[] prediction = new float[LATENTS];
      for (int j = 0; j < LATENTS; j++) {
        prediction[j] = (float) Math.cos(0.7f * seen[j] + timesteps[i] / 250);
      }
      latents = scheduler.step(prediction, i, latents, sine(i + 1));
    }
    float[] found = latents;
    assertAll(
        () -> assertEquals(1, scheduler.initNoiseSigma() / run.get("init").getAsFloat(), 1e-6f),
        () -> {
          if (expectedTimesteps.length > 0) {
            assertClose(expectedTimesteps, timesteps, 1e-3);
          }
        },
        () -> {
          float[] expected = floats(run.getAsJsonArray("latents"));
          double largest = 0;
          for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
          }
          assertClose(expected, found, 2e-4 * largest);
        });
  }

  private static float[] sine(int i) {
    float[] values = new float[LATENTS];
    for (int j = 0; j < LATENTS; j++) {
      values[j] = (float) Math.sin(i * 1.3 + j * 0.9);
    }
    return values;
  }

  private static void assertClose(float[] expected, float[] found, double tolerance) {
    assertEquals(expected.length, found.length);
    for (int j = 0; j < expected.length; j++) {
      assertEquals(expected[j], found[j], tolerance, "element " + j);
    }
  }

  @Test
  void addsNoNoiseButForAncestralSteps() {
    SchedulerConfig config = SchedulerConfig.parse("test", "{}");
    for (SchedulerKind kind : SchedulerKind.values()) {
      assertEquals(kind == SchedulerKind.EULER_A, config.create(kind, 4).needsNoise());
    }
  }

  @Test
  void endsWithTheCleanLatentsOfAPerfectPrediction() {
    SchedulerConfig config =
        SchedulerConfig.parse("test", "{\"timestep_spacing\":\"trailing\",\"clip_sample\":false}");
    for (SchedulerKind kind : new SchedulerKind[] {SchedulerKind.EULER, SchedulerKind.DPMPP_2M}) {
      Scheduler scheduler = config.create(kind, 10);
      float[] clean = sine(3);
      float[] noise = sine(8);
      float[] latents = scheduler.addNoise(clean, noise, 0);
      for (int i = 0; i < 10; i++) {
        latents = scheduler.step(noise, i, latents, null);
      }
      assertClose(clean, latents, 2e-4);
    }
  }

  @Test
  void refusesMoreStepsThanWereTrained() {
    SchedulerConfig config = SchedulerConfig.parse("test", "{\"num_train_timesteps\":40}");
    UnsupportedRequestException e =
        assertThrows(
            UnsupportedRequestException.class, () -> config.create(SchedulerKind.DDIM, 41));
    assertEquals("41 steps with a model of 40 training timesteps; use 1 to 40", e.getMessage());
  }

  @Test
  void refusesStepsThatReachBeyondTheTraining() {
    SchedulerConfig config = SchedulerConfig.parse("test", "{\"steps_offset\":1}");
    UnsupportedRequestException e =
        assertThrows(
            UnsupportedRequestException.class, () -> config.create(SchedulerKind.PNDM, 1000));
    assertEquals(
        "1000 steps reach timestep 1000, but the model was trained on 0 to 999; use fewer steps",
        e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "PNDMScheduler, PNDM",
    "DDIMScheduler, DDIM",
    "DPMSolverMultistepScheduler, DPMPP_2M",
    "EulerDiscreteScheduler, EULER",
    "EulerAncestralDiscreteScheduler, EULER_A",
    "LMSDiscreteScheduler, LMS",
    "UniPCMultistepScheduler, PNDM",
  })
  void takesTheSamplerThatTheFileNames(String named, SchedulerKind kind) {
    String json = "{\"_class_name\": \"%s\"}".formatted(named);
    assertEquals(kind, SchedulerConfig.parse("test", json).kind());
  }

  @Test
  void takesPndmWhereTheFileNamesNone() {
    assertEquals(SchedulerKind.PNDM, SchedulerConfig.parse("test", "{}").kind());
  }

  @Test
  void refusesOptionsItLacksByName() {
    for (String[] option :
        new String[][] {
          {"pndm", "\"skip_prk_steps\": false", "skip_prk_steps"},
          {"pndm", "\"_class_name\": \"PNDMScheduler\"", "skip_prk_steps"}, // its default
          {"ddim", "\"thresholding\": true", "thresholding"},
          {"dpmpp_2m", "\"use_lu_lambdas\": true", "use_lu_lambdas"},
          {"dpmpp_2m", "\"algorithm_type\": \"sde-dpmsolver++\"", "algorithm_type"},
          {"dpmpp_2m", "\"solver_order\": 3", "solver_order"},
          {"euler", "\"timestep_type\": \"continuous\"", "timestep_type"},
          {"lms", "\"use_beta_sigmas\": true", "use_beta_sigmas"},
          {"lms", "\"beta_schedule\": \"sigmoid\"", "beta_schedule"},
          {"euler", "\"prediction_type\": \"flow\"", "prediction_type"},
          {"euler", "\"timestep_spacing\": \"even\"", "timestep_spacing"},
        }) {
      SchedulerConfig config =
          SchedulerConfig.parse("scheduler_config.json", "{" + option[1] + "}");
      ModelFileException e =
          assertThrows(
              ModelFileException.class,
              () -> config.create(SchedulerKind.parse(option[0]), 5),
              option[1]);
      assertTrue(
          String.valueOf(e.getMessage())
              .startsWith("scheduler_config.json: " + option[2] + " is \""),
          e.getMessage());
    }
  }

  @Test
  void refusesMissingAndDamagedFiles() {
    ModelFileException missing =
        assertThrows(
            ModelFileException.class, () -> SchedulerConfig.read(Path.of("no-such-folder")));
    assertTrue(
        String.valueOf(missing.getMessage()).contains("scheduler_config.json does not exist"));
    ModelFileException damaged =
        assertThrows(ModelFileException.class, () -> SchedulerConfig.parse("x.json", "[1]"));
    assertTrue(String.valueOf(damaged.getMessage()).startsWith("x.json is not a JSON object"));
  }

  private static float[] floats(JsonArray array) {
    float[] numbers = new float[array.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = array.get(i).getAsFloat();
    }
    return numbers;
  }

  private static JsonObject load() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SchedulerTest.class.getResourceAsStream("/scheduler/runs.json"))) {
      return JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .getAsJsonObject();
    }
  }
}
