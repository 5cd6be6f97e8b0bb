package io.github.gill;

import org.jspecify.annotations.Nullable;

/**
 * How pictures are drawn.
 *
 * @param steps denoising steps, 1 to 1000; 50 as in the original
 * @param guidance the scale of classifier-free guidance, 0 to 100; at 1 or below no guidance is
 *     computed; null for the model's own, which {@link Gill#guidance} tells
 * @param scheduler the sampler; null for the one that the model's {@code scheduler_config.json}
 *     names, as in the original, or {@link SchedulerKind#PNDM} where this library lacks that
 * @param seed the seed of the noise; the same seed gives the same picture
 * @param height pixels, a multiple of 8, or null for the model's own size
 * @param width pixels, a multiple of 8, or null for the model's own size
 * @param negativePrompt what the picture should not show; empty as in the original
 * @param strength how far an initial picture is changed, above 0 to 1; unused without one
 * @param safetyChecker whether pictures pass the model's safety checker, if it has one
 */
public record DiffusionSettings(
    int steps,
    @Nullable Double guidance,
    @Nullable SchedulerKind scheduler,
    long seed,
    @Nullable Integer height,
    @Nullable Integer width,
    String negativePrompt,
    double strength,
    boolean safetyChecker) {

  /** The original's settings with seed 0. */
  public static final DiffusionSettings DEFAULTS = builder().build();

  /** Checks the ranges. */
  public DiffusionSettings {
    if (steps < 1 || steps > 1000) {
      throw new IllegalArgumentException("steps is " + steps + "; use 1 to 1000");
    }
    if (guidance != null && !(guidance >= 0 && guidance <= 100)) {
      throw new IllegalArgumentException("guidance is " + guidance + "; use 0 to 100");
    }
    if (!(strength > 0 && strength <= 1)) {
      throw new IllegalArgumentException("strength is " + strength + "; use above 0 to 1");
    }
    checkSide("height", height);
    checkSide("width", width);
  }

  private static void checkSide(String name, @Nullable Integer pixels) {
    if (pixels != null && (pixels < 8 || pixels % 8 != 0)) {
      throw new IllegalArgumentException(name + " is " + pixels + "; use a multiple of 8");
    }
  }

  /**
   * Writes down what a picture was drawn with.
   *
   * @return for example {@code scheduler=ddim steps=50 guidance=own seed=7}, where {@code own} is
   *     the model's own
   */
  public String summary() {
    return "scheduler=%s steps=%d guidance=%s seed=%d"
        .formatted(
            scheduler == null ? "own" : scheduler,
            steps,
            guidance == null ? "own" : guidance,
            seed);
  }

  /**
   * Starts from the original's settings.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts from these settings.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.steps = steps;
    builder.guidance = guidance;
    builder.scheduler = scheduler;
    builder.seed = seed;
    builder.height = height;
    builder.width = width;
    builder.negativePrompt = negativePrompt;
    builder.strength = strength;
    builder.safetyChecker = safetyChecker;
    return builder;
  }

  /** Collects settings; every method is named after the component it sets. */
  public static final class Builder {
    private int steps = 50;
    private @Nullable Double guidance;
    private @Nullable SchedulerKind scheduler;
    private long seed;
    private @Nullable Integer height;
    private @Nullable Integer width;
    private String negativePrompt = "";
    private double strength = 0.8;
    private boolean safetyChecker = true;

    private Builder() {}

    /**
     * Sets sampler and number of steps together.
     *
     * @param quality a preset
     * @return this builder
     */
    public Builder quality(Quality quality) {
      return scheduler(quality.scheduler()).steps(quality.steps());
    }

    /**
     * Sets the number of denoising steps.
     *
     * @param steps 1 to 1000
     * @return this builder
     */
    public Builder steps(int steps) {
      this.steps = steps;
      return this;
    }

    /**
     * Sets the scale of classifier-free guidance.
     *
     * @param guidance 0 to 100
     * @return this builder
     */
    public Builder guidance(double guidance) {
      this.guidance = guidance;
      return this;
    }

    /**
     * Sets the sampler.
     *
     * @param scheduler the sampler, or null for the model's own
     * @return this builder
     */
    public Builder scheduler(@Nullable SchedulerKind scheduler) {
      this.scheduler = scheduler;
      return this;
    }

    /**
     * Sets the seed of the noise.
     *
     * @param seed any number
     * @return this builder
     */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /**
     * Sets the picture's height.
     *
     * @param height pixels, a multiple of 8, or null for the model's own size
     * @return this builder
     */
    public Builder height(@Nullable Integer height) {
      this.height = height;
      return this;
    }

    /**
     * Sets the picture's width.
     *
     * @param width pixels, a multiple of 8, or null for the model's own size
     * @return this builder
     */
    public Builder width(@Nullable Integer width) {
      this.width = width;
      return this;
    }

    /**
     * Sets what the picture should not show.
     *
     * @param negativePrompt a text, empty for none
     * @return this builder
     */
    public Builder negativePrompt(String negativePrompt) {
      this.negativePrompt = negativePrompt;
      return this;
    }

    /**
     * Sets how far an initial picture is changed.
     *
     * @param strength above 0 to 1
     * @return this builder
     */
    public Builder strength(double strength) {
      this.strength = strength;
      return this;
    }

    /**
     * Sets whether pictures pass the safety checker.
     *
     * @param safetyChecker false to see flagged pictures
     * @return this builder
     */
    public Builder safetyChecker(boolean safetyChecker) {
      this.safetyChecker = safetyChecker;
      return this;
    }

    /**
     * Checks the settings and builds them.
     *
     * @return the settings
     * @throws IllegalArgumentException if one is out of range
     */
    public DiffusionSettings build() {
      return new DiffusionSettings(
          steps, guidance, scheduler, seed, height, width, negativePrompt, strength, safetyChecker);
    }
  }
}
