package io.github.gill.diffusion;

import io.github.gill.GillException;
import io.github.gill.SchedulerKind;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.diffusion.scheduler.SchedulerConfig;
import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The configurations of Stable Diffusion's parts. */
class DiffusionFuzzTest extends FuzzContract {

  @Override
  protected List<FuzzTarget> targets() throws IOException {
    return List.of(
        config("unet", json -> UNetLayout.of(UNetConfig.of(json)), "unet/config.json"),
        config("vae", json -> VaeConfig.of(json).layout(), "vae/config.json"),
        config(
            "text-encoder",
            json -> TextEncoderConfig.of(json).layout(),
            "text_encoder/config.json"),
        FuzzTarget.ofTexts(
            "scheduler",
            DiffusionFuzzTest::schedulers,
            GillException.class,
            2048,
            seed("scheduler/scheduler_config.json"),
            "{\"_class_name\": \"EulerDiscreteScheduler\", \"use_karras_sigmas\": true,"
                + " \"trained_betas\": [0.1, 0.2, 0.3, 0.4], \"num_train_timesteps\": 4,"
                + " \"rescale_betas_zero_snr\": true, \"timestep_spacing\": \"trailing\"}"));
  }

  private static FuzzTarget config(String name, Consumer<ModelConfig> reader, String file)
      throws IOException {
    return FuzzTarget.ofTexts(
        name,
        i -> reader.accept(ModelConfig.parse(name, new String(i, StandardCharsets.UTF_8))),
        GillException.class,
        256,
        seed(file));
  }

  private static void schedulers(byte[] input) {
    SchedulerConfig config =
        SchedulerConfig.parse("scheduler", new String(input, StandardCharsets.UTF_8));
    GillException refusal = null;
    for (SchedulerKind kind : SchedulerKind.values()) {
      try {
        config.create(kind, 3);
      } catch (GillException e) {
        refusal = e;
      }
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  private static String seed(String file) throws IOException {
    return Files.readString(Path.of("../gill-core/src/test/resources/micro/diffusion", file));
  }
}
