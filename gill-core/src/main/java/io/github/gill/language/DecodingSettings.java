package io.github.gill.language;

/**
 * How tokens are chosen.
 *
 * @param numWords decoding steps at most, 1 to 4096; a step is one token or the whole group {@code
 *     [IMG0]…[IMGr]}
 * @param minWordTokens steps before an image may be chosen, from 0
 * @param retScaleFactor the factor on {@code |logit[IMG0]|} that makes an image likelier, 0 to 1e9;
 *     1 or below leaves it
 * @param genScaleFactor a second factor on the same logit, 0 to 1e9; 1 or below leaves it, 1e5
 *     forces an image
 * @param temperature 0 for greedy choice, else what logits are divided by, up to 100
 * @param topP the probability that the sampled tokens must hold, above 0 to 1; below 1 needs a
 *     temperature
 * @param samplingSeed the seed of the random choice
 * @param maxImages how many {@code [IMG]} groups become pictures, from 0
 * @param stopAtNewline whether decoding ends at the newline where the answer is cut anyway; the
 *     original goes on to the last step
 */
public record DecodingSettings(
    int numWords,
    int minWordTokens,
    double retScaleFactor,
    double genScaleFactor,
    double temperature,
    double topP,
    long samplingSeed,
    int maxImages,
    boolean stopAtNewline) {

  /** Checks the ranges. */
  public DecodingSettings {
    if (numWords < 1 || numWords > 4096) {
      throw new IllegalArgumentException("numWords is " + numWords + "; use 1 to 4096");
    }
    if (minWordTokens < 0) {
      throw new IllegalArgumentException("minWordTokens is " + minWordTokens + "; use 0 or more");
    }
    if (maxImages < 0) {
      throw new IllegalArgumentException("maxImages is " + maxImages + "; use 0 or more");
    }
    checkFactor("retScaleFactor", retScaleFactor);
    checkFactor("genScaleFactor", genScaleFactor);
    if (!(temperature >= 0 && temperature <= 100)) {
      throw new IllegalArgumentException("temperature is " + temperature + "; use 0 to 100");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("topP is " + topP + "; use above 0 to 1");
    }
    if (topP < 1 && temperature == 0) {
      throw new IllegalArgumentException(
          "topP is "
              + topP
              + " with temperature 0; greedy choice takes no topP, so set a temperature or topP 1");
    }
  }

  private static void checkFactor(String name, double factor) {
    if (!(factor >= 0 && factor <= 1e9)) {
      throw new IllegalArgumentException(name + " is " + factor + "; use 0 to 1e9");
    }
  }
}
