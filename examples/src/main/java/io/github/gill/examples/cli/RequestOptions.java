package io.github.gill.examples.cli;

import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Limits;
import io.github.gill.PromptPart;
import io.github.gill.Quality;
import io.github.gill.SchedulerKind;
import io.github.gill.examples.cli.files.InputFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how a request is answered; each overrides the request file. */
final class RequestOptions {

  private static final Limits LIMITS = Limits.DEFAULTS;

  @Option(names = "--decision", paramLabel = "auto|retrieve|generate|both")
  @Nullable String decision;

  @Option(names = "--num-words", paramLabel = "N", description = "Decoding steps at most.")
  @Nullable Integer numWords;

  @Option(names = "--min-words", paramLabel = "N", description = "Steps before a picture.")
  @Nullable Integer minWords;

  @Option(names = "--ret-scale", paramLabel = "X", description = "Factor on [IMG0]'s logit.")
  @Nullable Double retScale;

  @Option(names = "--gen-scale", paramLabel = "X", description = "Factor on [IMG0]'s logit.")
  @Nullable Double genScale;

  @Option(names = "--temperature", paramLabel = "X", description = "0 decodes greedily.")
  @Nullable Double temperature;

  @Option(names = "--top-p", paramLabel = "X")
  @Nullable Double topP;

  @Option(names = "--sampling-seed", paramLabel = "N", description = "Seed of the words.")
  @Nullable Long samplingSeed;

  @Option(names = "--max-images", paramLabel = "N", description = "Pictures at most.")
  @Nullable Integer maxImages;

  @Option(names = "--images-per-slot", paramLabel = "N", description = "Drawn and ranked.")
  @Nullable Integer imagesPerSlot;

  @Option(
      names = "--quality",
      paramLabel = "original|fast",
      description = "Sampler and steps together; --scheduler and --steps change it.")
  @Nullable String quality;

  @Option(names = "--steps", paramLabel = "N", description = "Denoising steps.")
  @Nullable Integer steps;

  @Option(names = "--guidance", paramLabel = "X", description = "Guidance scale.")
  @Nullable Double guidance;

  @Option(
      names = "--scheduler",
      paramLabel = "pndm|ddim|dpmpp_2m|dpmpp_2m_karras|euler|euler_a|lms")
  @Nullable String scheduler;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the pictures.")
  @Nullable Long seed;

  @Option(names = "--height", paramLabel = "N", description = "Pixels.")
  @Nullable Integer height;

  @Option(names = "--width", paramLabel = "N", description = "Pixels.")
  @Nullable Integer width;

  @Option(names = "--negative-prompt", paramLabel = "T", description = "What not to draw.")
  @Nullable String negativePrompt;

  @Option(names = "--init-image", paramLabel = "F", description = "A picture to refine.")
  @Nullable Path initImage;

  @Option(names = "--strength", paramLabel = "X", description = "How far to change it.")
  @Nullable Double strength;

  @Option(names = "--no-safety-checker", description = "Show flagged pictures.")
  boolean noSafetyChecker;

  RequestOptions() {}

  AnswerSettings applyTo(AnswerSettings base) {
    AnswerSettings.Builder settings = base.toBuilder();
    DiffusionSettings.Builder drawing = base.diffusion().toBuilder();
    if (decision != null) {
      settings.decision(parseDecision(decision));
    }
    if (numWords != null) {
      settings.numWords(numWords);
    }
    if (minWords != null) {
      settings.minWordTokens(minWords);
    }
    if (retScale != null) {
      settings.retScaleFactor(retScale);
    }
    if (genScale != null) {
      settings.genScaleFactor(genScale);
    }
    if (temperature != null) {
      settings.temperature(temperature);
    }
    if (topP != null) {
      settings.topP(topP);
    }
    if (samplingSeed != null) {
      settings.samplingSeed(samplingSeed);
    }
    if (maxImages != null) {
      settings.maxImages(maxImages);
    }
    if (imagesPerSlot != null) {
      settings.imagesPerSlot(imagesPerSlot);
    }
    if (initImage != null) {
      Path file = InputFile.picture(initImage, Path.of(""));
      settings.initialImage(new PromptPart.ImageFile(file));
    }
    if (quality != null) {
      drawing.quality(Quality.parse(quality));
    }
    if (steps != null) {
      check("steps", steps, 1, LIMITS.steps());
      drawing.steps(steps);
    }
    if (guidance != null) {
      drawing.guidance(guidance);
    }
    if (scheduler != null) {
      drawing.scheduler(SchedulerKind.parse(scheduler));
    }
    if (seed != null) {
      drawing.seed(seed);
    }
    if (height != null) {
      check("height", height, 8, LIMITS.pictureSide());
      drawing.height(height);
    }
    if (width != null) {
      check("width", width, 8, LIMITS.pictureSide());
      drawing.width(width);
    }
    if (negativePrompt != null) {
      drawing.negativePrompt(negativePrompt);
    }
    if (strength != null) {
      drawing.strength(strength);
    }
    if (noSafetyChecker) {
      drawing.safetyChecker(false);
    }
    AnswerSettings built = settings.diffusion(drawing.build()).build();
    long pictures = (long) built.maxImages() * built.imagesPerSlot();
    check("maxImages × imagesPerSlot", pictures, 0, LIMITS.pictures());
    return built;
  }

  /** The engine's limits, checked before it is loaded. */
  private static void check(String name, long found, int least, int most) {
    if (found < least || found > most) {
      throw new IllegalArgumentException(
          "%s is %d; use %d to %d".formatted(name, found, least, most));
    }
  }

  static DecisionMode parseDecision(String name) {
    return Arrays.stream(DecisionMode.values())
        .filter(mode -> mode.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "decision is \"" + name + "\"; use auto, retrieve, generate or both"));
  }
}
