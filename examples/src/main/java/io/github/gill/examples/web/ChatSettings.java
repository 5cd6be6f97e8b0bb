package io.github.gill.examples.web;

import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.SchedulerKind;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a message as the API spells them; null stands for the default.
 *
 * @param imageFrequency the factor on {@code [IMG0]}'s logit, 0 to 3; 1.3 as in the original's demo
 * @param words decoding steps at most, 1 to 64; 32
 * @param temperature 0 decodes greedily, above it tokens are drawn with top-p 0.95; at most 2
 * @param seed of words and pictures; chosen at random if it is null
 * @param decision auto, retrieve, generate or both
 * @param pictures how many pictures are drawn for each place, 1 to 4
 * @param steps denoising steps, 1 to 100
 * @param guidance the scale of classifier-free guidance, 0 to 30; the model's own if it is null
 * @param scheduler the sampler's name; empty for the model's own, as where it is null
 * @param negativePrompt what pictures should not show
 * @param strength how far a picture to refine is changed, above 0 to 1
 */
record ChatSettings(
    @Nullable Double imageFrequency,
    @Nullable Integer words,
    @Nullable Double temperature,
    @Nullable Long seed,
    @Nullable String decision,
    @Nullable Integer pictures,
    @Nullable Integer steps,
    @Nullable Double guidance,
    @Nullable String scheduler,
    @Nullable String negativePrompt,
    @Nullable Double strength) {

  static final ChatSettings NONE =
      new ChatSettings(null, null, null, null, null, null, null, null, null, null, null);

  /** Seeds stay exact as numbers of JSON. */
  private static final long SEEDS = 1L << 31;

  /** Fills in defaults and checks the ranges. */
  ChatSettings complete() {
    ChatSettings complete =
        new ChatSettings(
            Fields.range("imageFrequency", or(imageFrequency, 1.3), 0, 3),
            (int) Fields.range("words", or(words, 32), 1, 64),
            Fields.range("temperature", or(temperature, 0.0), 0, 2),
            seed == null ? Long.valueOf(ThreadLocalRandom.current().nextLong(SEEDS)) : seed,
            or(decision, "auto").toLowerCase(Locale.ROOT),
            (int) Fields.range("pictures", or(pictures, 1), 1, 4),
            (int) Fields.range("steps", or(steps, 50), 1, 100),
            guidance == null ? null : Double.valueOf(Fields.range("guidance", guidance, 0, 30)),
            or(scheduler, ""),
            or(negativePrompt, ""),
            or(strength, 0.6));
    // The library knows the other ranges.
    AnswerSettings.Builder unused = complete.toAnswerSettings();
    return complete;
  }

  /** These settings with another seed and decision, where they are given. */
  ChatSettings with(ChatSettings other) {
    return new ChatSettings(
        imageFrequency,
        words,
        temperature,
        other.seed,
        other.decision == null ? decision : other.decision,
        other.pictures == null ? pictures : other.pictures,
        other.steps == null ? steps : other.steps,
        other.guidance == null ? guidance : other.guidance,
        other.scheduler == null ? scheduler : other.scheduler,
        other.negativePrompt == null ? negativePrompt : other.negativePrompt,
        other.strength == null ? strength : other.strength);
  }

  /** The library's settings; only for complete ones. */
  AnswerSettings.Builder toAnswerSettings() {
    double heat = or(temperature, 0.0);
    long chosen = or(seed, 0L);
    String sampler = or(scheduler, "");
    DiffusionSettings.Builder drawing =
        DiffusionSettings.builder()
            .seed(chosen)
            .steps(or(steps, 50))
            .scheduler(sampler.isEmpty() ? null : SchedulerKind.parse(sampler))
            .negativePrompt(or(negativePrompt, ""))
            .strength(or(strength, 0.6));
    if (guidance != null) {
      drawing.guidance(guidance);
    }
    return AnswerSettings.builder()
        .numWords(or(words, 32))
        .retScaleFactor(or(imageFrequency, 1.3))
        .temperature(heat)
        .topP(heat > 0 ? 0.95 : 1)
        .samplingSeed(chosen)
        .imagesPerSlot(or(pictures, 1))
        .decision(Fields.choice("decision", or(decision, "auto"), DecisionMode.class))
        .candidates(6)
        .previewEvery(Math.max(1, or(steps, 50) / 12))
        .diffusion(drawing.build());
  }

  private static <T> T or(@Nullable T value, T otherwise) {
    return value == null ? otherwise : value;
  }
}
