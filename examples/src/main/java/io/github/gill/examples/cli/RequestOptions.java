package io.github.gill.examples.cli;

import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Limits;
import io.github.gill.PromptPart;
import io.github.gill.Quality;
import io.github.gill.SchedulerKind;
import io.github.gill.examples.cli.files.InputFile;
import io.github.gill.examples.cli.options.OptionValue;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how a request is answered; each overrides the request file. */
final class RequestOptions {

  private static final Limits LIMITS = Limits.DEFAULTS;

  @Option(
      names = "--decision",
      paramLabel = "auto|retrieve|generate|both",
      description =
          "Whether pictures are found or drawn; auto lets the model decide (default: auto).")
  @Nullable String decision;

  @Option(
      names = "--num-words",
      paramLabel = "N",
      description = "Decoding steps at most, 1 to 4096 (default: 32).")
  @Nullable Integer numWords;

  @Option(
      names = "--min-words",
      paramLabel = "N",
      description = "Steps before a picture may come, from 0 (default: 0).")
  @Nullable Integer minWords;

  @Option(
      names = "--ret-scale",
      paramLabel = "X",
      description =
          "How much likelier a picture is than the model says: [IMG0]'s logit becomes its absolute"
              + " value times X; 0 to 1e9, up to 1 leaves it as it is (default: 1; of chat 1.3).")
  @Nullable Double retScale;

  @Option(
      names = "--gen-scale",
      paramLabel = "X",
      description =
          "A second factor on the same logit; 100000 forces a picture at the first step that may"
              + " have one. Whether it is found or drawn is for --decision to say (default: 1).")
  @Nullable Double genScale;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description =
          "What logits are divided by before words are drawn at random, 0 to 100; 0 always takes"
              + " the likeliest word (default: 0).")
  @Nullable Double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "X",
      description =
          "The probability that the words to draw from hold together, above 0 to 1; below 1 only"
              + " with --temperature above 0 (default: 1; of chat 0.95).")
  @Nullable Double topP;

  @Option(
      names = "--sampling-seed",
      paramLabel = "N",
      description = "The seed of the words; unused at temperature 0 (default: 0).")
  @Nullable Long samplingSeed;

  @Option(
      names = "--max-images",
      paramLabel = "N",
      description =
          "Places for pictures at most, from 0 (default: 1). With --images-per-slot no more than 16"
              + " pictures together.")
  @Nullable Integer maxImages;

  @Option(
      names = "--images-per-slot",
      paramLabel = "N",
      description = "Pictures drawn for each place and ranked, from 1 (default: 1).")
  @Nullable Integer imagesPerSlot;

  @Option(
      names = "--quality",
      paramLabel = "original|fast",
      description =
          "Sampler and steps together: 50 of the model's own, or 20 of dpmpp_2m_karras;"
              + " --scheduler and --steps change it (default: original).")
  @Nullable String quality;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Denoising steps, 1 to 250 (default: 50).")
  @Nullable Integer steps;

  @Option(
      names = "--guidance",
      paramLabel = "X",
      description =
          "The scale of classifier-free guidance, 0 to 100; up to 1 draws without"
              + " (default: the model's own, else 7.5).")
  @Nullable Double guidance;

  @Option(
      names = "--scheduler",
      paramLabel = "pndm|ddim|dpmpp_2m|dpmpp_2m_karras|euler|euler_a|lms",
      description = "The sampler (default: the one that the model names, else pndm).")
  @Nullable String scheduler;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The seed of the pictures (default: 0).")
  @Nullable Long seed;

  @Option(
      names = "--height",
      paramLabel = "N",
      description = "Pixels, a multiple of 8, 8 to 1024 (default: the model's own).")
  @Nullable Integer height;

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "Pixels, a multiple of 8, 8 to 1024 (default: the model's own).")
  @Nullable Integer width;

  @Option(
      names = "--negative-prompt",
      paramLabel = "T",
      description = "What not to draw (default: nothing).")
  @Nullable String negativePrompt;

  @Option(
      names = "--init-image",
      paramLabel = "F",
      description = "A picture to begin from (default: pure noise).")
  @Nullable Path initImage;

  @Option(
      names = "--strength",
      paramLabel = "X",
      description = "How far --init-image is changed, above 0 to 1 (default: 0.8).")
  @Nullable Double strength;

  @Option(
      names = "--no-safety-checker",
      description = "Show flagged pictures; else they are withheld if the model has a checker.")
  boolean noSafetyChecker;

  RequestOptions() {}

  AnswerSettings applyTo(AnswerSettings base) {
    AnswerSettings.Builder settings = base.toBuilder().diffusion(drawing(base.diffusion()));
    given(
        decision,
        name -> settings.decision(OptionValue.constant("decision", name, DecisionMode.class)));
    given(numWords, settings::numWords);
    given(minWords, settings::minWordTokens);
    given(retScale, settings::retScaleFactor);
    given(genScale, settings::genScaleFactor);
    given(temperature, settings::temperature);
    given(topP, settings::topP);
    given(samplingSeed, settings::samplingSeed);
    given(maxImages, settings::maxImages);
    given(imagesPerSlot, settings::imagesPerSlot);
    given(
        initImage,
        file ->
            settings.initialImage(new PromptPart.ImageFile(InputFile.picture(file, Path.of("")))));
    AnswerSettings built = settings.build();
    long pictures = (long) built.decoding().maxImages() * built.imagesPerSlot();
    check("maxImages × imagesPerSlot", pictures, 0, LIMITS.pictures());
    return built;
  }

  private DiffusionSettings drawing(DiffusionSettings base) {
    DiffusionSettings.Builder drawing = base.toBuilder();
    given(quality, name -> drawing.quality(OptionValue.constant("quality", name, Quality.class)));
    given(steps, drawing::steps);
    given(guidance, drawing::guidance);
    given(scheduler, name -> drawing.scheduler(SchedulerKind.parse(name)));
    given(seed, drawing::seed);
    given(height, drawing::height);
    given(width, drawing::width);
    given(negativePrompt, drawing::negativePrompt);
    given(strength, drawing::strength);
    if (noSafetyChecker) {
      drawing.safetyChecker(false);
    }
    given(steps, found -> check("steps", found, 1, LIMITS.steps()));
    given(height, found -> check("height", found, 8, LIMITS.pictureSide()));
    given(width, found -> check("width", found, 8, LIMITS.pictureSide()));
    return drawing.build();
  }

  private static <T> void given(@Nullable T value, Consumer<T> use) {
    if (value != null) {
      use.accept(value);
    }
  }

  /** The engine's limits, checked before it is loaded. */
  private static void check(String name, long found, int least, int most) {
    if (found < least || found > most) {
      throw new IllegalArgumentException(
          "%s is %d; use %d to %d".formatted(name, found, least, most));
    }
  }
}
