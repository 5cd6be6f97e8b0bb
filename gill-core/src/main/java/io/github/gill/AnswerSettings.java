package io.github.gill;

import io.github.gill.language.DecodingSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a request is answered.
 *
 * @param numWords decoding steps at most, 1 to 4096; 32 as in the original's demo
 * @param minWordTokens steps before a picture may be chosen, from 0
 * @param retScaleFactor the factor on {@code |logit[IMG0]|} for retrieval; 1 or below leaves it
 * @param genScaleFactor the factor on the same logit for generation; 1 or below leaves it, 1e5
 *     forces a picture
 * @param temperature 0 for greedy choice, else what logits are divided by
 * @param topP the probability that the sampled tokens must hold, above 0 to 1
 * @param samplingSeed the seed of the random choice of tokens
 * @param maxImages pictures at most, from 0
 * @param imagesPerSlot pictures drawn for each place, ranked by their likeness to the query
 * @param decision who decides between finding and generating
 * @param candidates how many candidates an answer lists, from 1
 * @param stopAtNewline whether decoding ends at the newline where the answer is cut anyway; the
 *     original goes on to the last step
 * @param previewEvery a preview of the picture every so many denoising steps; 0 for none
 * @param initialImage the picture to refine instead of pure noise, or null
 * @param timeout the longest time from submission to answer, or null for none
 * @param diffusion how pictures are drawn
 */
public record AnswerSettings(
    int numWords,
    int minWordTokens,
    double retScaleFactor,
    double genScaleFactor,
    double temperature,
    double topP,
    long samplingSeed,
    int maxImages,
    int imagesPerSlot,
    DecisionMode decision,
    int candidates,
    boolean stopAtNewline,
    int previewEvery,
    @Nullable PromptPart initialImage,
    @Nullable Duration timeout,
    DiffusionSettings diffusion) {

  /** The original's settings: greedy, at most 32 words and one picture. */
  public static final AnswerSettings DEFAULTS = builder().build();

  /** Checks the ranges. */
  public AnswerSettings {
    DecodingSettings unused =
        new DecodingSettings(
            numWords,
            minWordTokens,
            retScaleFactor,
            genScaleFactor,
            temperature,
            topP,
            samplingSeed,
            maxImages,
            stopAtNewline);
    checkAtLeast("imagesPerSlot", imagesPerSlot, 1);
    checkAtLeast("candidates", candidates, 1);
    checkAtLeast("previewEvery", previewEvery, 0);
    if (initialImage instanceof PromptPart.Text) {
      throw new IllegalArgumentException("initialImage is a text; give it a picture");
    }
    if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
      throw new IllegalArgumentException("timeout is " + timeout + "; use a positive duration");
    }
  }

  private static void checkAtLeast(String name, int found, int least) {
    if (found < least) {
      throw new IllegalArgumentException(name + " is " + found + "; use " + least + " or more");
    }
  }

  /** Returns the part of these settings that the decoder needs. */
  DecodingSettings decoding() {
    return new DecodingSettings(
        numWords,
        minWordTokens,
        retScaleFactor,
        genScaleFactor,
        temperature,
        topP,
        samplingSeed,
        maxImages,
        stopAtNewline);
  }

  /**
   * Starts from the defaults.
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
    builder.numWords = numWords;
    builder.minWordTokens = minWordTokens;
    builder.retScaleFactor = retScaleFactor;
    builder.genScaleFactor = genScaleFactor;
    builder.temperature = temperature;
    builder.topP = topP;
    builder.samplingSeed = samplingSeed;
    builder.maxImages = maxImages;
    builder.imagesPerSlot = imagesPerSlot;
    builder.decision = decision;
    builder.candidates = candidates;
    builder.stopAtNewline = stopAtNewline;
    builder.previewEvery = previewEvery;
    builder.initialImage = initialImage;
    builder.timeout = timeout;
    builder.diffusion = diffusion;
    return builder;
  }

  /** Collects settings; every method is named after the component it sets. */
  public static final class Builder {
    private int numWords = 32;
    private int minWordTokens = 0;
    private double retScaleFactor = 1;
    private double genScaleFactor = 1;
    private double temperature = 0;
    private double topP = 1;
    private long samplingSeed = 0;
    private int maxImages = 1;
    private int imagesPerSlot = 1;
    private DecisionMode decision = DecisionMode.AUTO;
    private int candidates = 10;
    private boolean stopAtNewline = true;
    private int previewEvery = 0;
    private @Nullable PromptPart initialImage = null;
    private @Nullable Duration timeout = null;
    private DiffusionSettings diffusion = DiffusionSettings.DEFAULTS;

    private Builder() {}

    /**
     * Sets numWords.
     *
     * @param numWords decoding steps at most, 1 to 4096; 32 as in the original's demo
     * @return this builder
     */
    public Builder numWords(int numWords) {
      this.numWords = numWords;
      return this;
    }

    /**
     * Sets minWordTokens.
     *
     * @param minWordTokens steps before a picture may be chosen, from 0
     * @return this builder
     */
    public Builder minWordTokens(int minWordTokens) {
      this.minWordTokens = minWordTokens;
      return this;
    }

    /**
     * Sets retScaleFactor.
     *
     * @param retScaleFactor the factor on {@code |logit[IMG0]|} for retrieval; 1 or below leaves it
     * @return this builder
     */
    public Builder retScaleFactor(double retScaleFactor) {
      this.retScaleFactor = retScaleFactor;
      return this;
    }

    /**
     * Sets genScaleFactor.
     *
     * @param genScaleFactor the factor on the same logit for generation; 1 or below leaves it, 1e5
     *     forces a picture
     * @return this builder
     */
    public Builder genScaleFactor(double genScaleFactor) {
      this.genScaleFactor = genScaleFactor;
      return this;
    }

    /**
     * Sets temperature.
     *
     * @param temperature 0 for greedy choice, else what logits are divided by
     * @return this builder
     */
    public Builder temperature(double temperature) {
      this.temperature = temperature;
      return this;
    }

    /**
     * Sets topP.
     *
     * @param topP the probability that the sampled tokens must hold, above 0 to 1
     * @return this builder
     */
    public Builder topP(double topP) {
      this.topP = topP;
      return this;
    }

    /**
     * Sets samplingSeed.
     *
     * @param samplingSeed the seed of the random choice of tokens
     * @return this builder
     */
    public Builder samplingSeed(long samplingSeed) {
      this.samplingSeed = samplingSeed;
      return this;
    }

    /**
     * Sets maxImages.
     *
     * @param maxImages pictures at most, from 0
     * @return this builder
     */
    public Builder maxImages(int maxImages) {
      this.maxImages = maxImages;
      return this;
    }

    /**
     * Sets imagesPerSlot.
     *
     * @param imagesPerSlot pictures drawn for each place, ranked by their likeness to the query
     * @return this builder
     */
    public Builder imagesPerSlot(int imagesPerSlot) {
      this.imagesPerSlot = imagesPerSlot;
      return this;
    }

    /**
     * Sets decision.
     *
     * @param decision who decides between finding and generating
     * @return this builder
     */
    public Builder decision(DecisionMode decision) {
      this.decision = decision;
      return this;
    }

    /**
     * Sets candidates.
     *
     * @param candidates how many candidates an answer lists, from 1
     * @return this builder
     */
    public Builder candidates(int candidates) {
      this.candidates = candidates;
      return this;
    }

    /**
     * Sets stopAtNewline.
     *
     * @param stopAtNewline whether decoding ends at the newline where the answer is cut anyway; the
     *     original goes on to the last step
     * @return this builder
     */
    public Builder stopAtNewline(boolean stopAtNewline) {
      this.stopAtNewline = stopAtNewline;
      return this;
    }

    /**
     * Sets previewEvery.
     *
     * @param previewEvery a preview of the picture every so many denoising steps; 0 for none
     * @return this builder
     */
    public Builder previewEvery(int previewEvery) {
      this.previewEvery = previewEvery;
      return this;
    }

    /**
     * Sets initialImage.
     *
     * @param initialImage the picture to refine instead of pure noise, or null
     * @return this builder
     */
    public Builder initialImage(@Nullable PromptPart initialImage) {
      this.initialImage = initialImage;
      return this;
    }

    /**
     * Sets timeout.
     *
     * @param timeout the longest time from submission to answer, or null for none
     * @return this builder
     */
    public Builder timeout(@Nullable Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /**
     * Sets diffusion.
     *
     * @param diffusion how pictures are drawn
     * @return this builder
     */
    public Builder diffusion(DiffusionSettings diffusion) {
      this.diffusion = diffusion;
      return this;
    }

    /**
     * Sets the factor that makes the very first token a picture.
     *
     * @return this builder, with {@code genScaleFactor} at 1e5 as in the original's evaluations
     */
    public Builder forceImage() {
      return genScaleFactor(1e5);
    }

    /**
     * Checks the settings and builds them.
     *
     * @return the settings
     * @throws IllegalArgumentException if one is out of range
     */
    public AnswerSettings build() {
      return new AnswerSettings(
          numWords,
          minWordTokens,
          retScaleFactor,
          genScaleFactor,
          temperature,
          topP,
          samplingSeed,
          maxImages,
          imagesPerSlot,
          decision,
          candidates,
          stopAtNewline,
          previewEvery,
          initialImage,
          timeout,
          diffusion);
    }
  }
}
