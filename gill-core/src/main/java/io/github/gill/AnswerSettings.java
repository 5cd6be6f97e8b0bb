package io.github.gill;

import io.github.gill.language.DecodingSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a request is answered.
 *
 * @param decoding how tokens are chosen
 * @param imagesPerSlot pictures drawn for each place, ranked by their likeness to the query, from
 *     1; 1
 * @param decision who decides between finding and generating; {@link DecisionMode#AUTO}
 * @param candidates how many candidates an answer lists, from 1; 10
 * @param previewEvery a preview of the picture every so many denoising steps, from 0; 0 for none
 * @param initialImage the picture to refine instead of pure noise; null for none
 * @param timeout the longest time from submission to answer, above 0; null for none
 * @param diffusion how pictures are drawn; {@link DiffusionSettings#DEFAULTS}
 */
public record AnswerSettings(
    DecodingSettings decoding,
    int imagesPerSlot,
    DecisionMode decision,
    int candidates,
    int previewEvery,
    @Nullable PromptPart initialImage,
    @Nullable Duration timeout,
    DiffusionSettings diffusion) {

  /** The original's settings: greedy, at most 32 steps and one picture. */
  public static final AnswerSettings DEFAULTS = builder().build();

  /** Checks the ranges. */
  public AnswerSettings {
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
    builder.numWords = decoding.numWords();
    builder.minWordTokens = decoding.minWordTokens();
    builder.retScaleFactor = decoding.retScaleFactor();
    builder.genScaleFactor = decoding.genScaleFactor();
    builder.temperature = decoding.temperature();
    builder.topP = decoding.topP();
    builder.samplingSeed = decoding.samplingSeed();
    builder.maxImages = decoding.maxImages();
    builder.imagesPerSlot = imagesPerSlot;
    builder.decision = decision;
    builder.candidates = candidates;
    builder.stopAtNewline = decoding.stopAtNewline();
    builder.previewEvery = previewEvery;
    builder.initialImage = initialImage;
    builder.timeout = timeout;
    builder.diffusion = diffusion;
    return builder;
  }

  /**
   * Collects settings; every method is named after the component it sets, here or in {@link
   * DecodingSettings}.
   */
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
     * Sets how many decoding steps are taken at most; a step is one token or a whole group of
     * {@code [IMG]} tokens.
     *
     * @param numWords 1 to 4096; 32 by default, as in the original's demo
     * @return this builder
     */
    public Builder numWords(int numWords) {
      this.numWords = numWords;
      return this;
    }

    /**
     * Sets how many steps come before a picture may be chosen.
     *
     * @param minWordTokens from 0; 0 by default
     * @return this builder
     */
    public Builder minWordTokens(int minWordTokens) {
      this.minWordTokens = minWordTokens;
      return this;
    }

    /**
     * Sets the factor on {@code |logit[IMG0]|} that makes a picture likelier, whether found or
     * drawn.
     *
     * @param retScaleFactor 0 to 1e9, where 1 or below leaves the logit; 1 by default
     * @return this builder
     */
    public Builder retScaleFactor(double retScaleFactor) {
      this.retScaleFactor = retScaleFactor;
      return this;
    }

    /**
     * Sets a second factor on the same logit; who decides between finding and drawing is set by
     * {@link #decision(DecisionMode)}.
     *
     * @param genScaleFactor 0 to 1e9, where 1 or below leaves the logit and 1e5 forces a picture; 1
     *     by default
     * @return this builder
     */
    public Builder genScaleFactor(double genScaleFactor) {
      this.genScaleFactor = genScaleFactor;
      return this;
    }

    /**
     * Sets what logits are divided by before a token is drawn.
     *
     * @param temperature 0 to 100, where 0 is greedy choice; 0 by default
     * @return this builder
     */
    public Builder temperature(double temperature) {
      this.temperature = temperature;
      return this;
    }

    /**
     * Sets the probability that the tokens to draw from must hold.
     *
     * @param topP above 0 to 1, below 1 only with a temperature above 0; 1 by default
     * @return this builder
     */
    public Builder topP(double topP) {
      this.topP = topP;
      return this;
    }

    /**
     * Sets the seed of the random choice of tokens.
     *
     * @param samplingSeed any number; 0 by default
     * @return this builder
     */
    public Builder samplingSeed(long samplingSeed) {
      this.samplingSeed = samplingSeed;
      return this;
    }

    /**
     * Sets how many pictures an answer has at most.
     *
     * @param maxImages from 0; 1 by default
     * @return this builder
     */
    public Builder maxImages(int maxImages) {
      this.maxImages = maxImages;
      return this;
    }

    /**
     * Sets how many pictures are drawn for each place, to be ranked by their likeness to the query.
     *
     * @param imagesPerSlot from 1; 1 by default
     * @return this builder
     */
    public Builder imagesPerSlot(int imagesPerSlot) {
      this.imagesPerSlot = imagesPerSlot;
      return this;
    }

    /**
     * Sets who decides between finding and generating.
     *
     * @param decision by default {@link DecisionMode#AUTO}, the model's head
     * @return this builder
     */
    public Builder decision(DecisionMode decision) {
      this.decision = decision;
      return this;
    }

    /**
     * Sets how many candidates an answer lists.
     *
     * @param candidates from 1; 10 by default
     * @return this builder
     */
    public Builder candidates(int candidates) {
      this.candidates = candidates;
      return this;
    }

    /**
     * Sets whether decoding ends at the newline where the answer is cut anyway.
     *
     * @param stopAtNewline true by default; false goes on to the last step, as the original does
     * @return this builder
     */
    public Builder stopAtNewline(boolean stopAtNewline) {
      this.stopAtNewline = stopAtNewline;
      return this;
    }

    /**
     * Sets after how many denoising steps each there is a preview of the picture.
     *
     * @param previewEvery from 0; 0 by default, for none
     * @return this builder
     */
    public Builder previewEvery(int previewEvery) {
      this.previewEvery = previewEvery;
      return this;
    }

    /**
     * Sets the picture to refine instead of pure noise.
     *
     * @param initialImage a picture, or null by default, for none
     * @return this builder
     */
    public Builder initialImage(@Nullable PromptPart initialImage) {
      this.initialImage = initialImage;
      return this;
    }

    /**
     * Sets the longest time from submission to answer.
     *
     * @param timeout above 0, or null by default, for none
     * @return this builder
     */
    public Builder timeout(@Nullable Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /**
     * Sets how pictures are drawn.
     *
     * @param diffusion by default {@link DiffusionSettings#DEFAULTS}
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
          new DecodingSettings(
              numWords,
              minWordTokens,
              retScaleFactor,
              genScaleFactor,
              temperature,
              topP,
              samplingSeed,
              maxImages,
              stopAtNewline),
          imagesPerSlot,
          decision,
          candidates,
          previewEvery,
          initialImage,
          timeout,
          diffusion);
    }
  }
}
