package io.github.gill.diffusion;

import io.github.gill.UnsupportedRequestException;
import io.github.gill.language.ClipTokenizer;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * CLIP's text encoder on its device: a prompt to a conditioning.
 *
 * <p>The empty prompt, which every guided picture needs, is encoded once. Called by one thread at a
 * time per device.
 */
final class TextEncoder implements AutoCloseable {

  private final TextEncoderConfig config;
  private final Program program;
  private final Weights weights;
  private final @Nullable ClipTokenizer tokenizer;
  private @Nullable Matrix empty;

  /**
   * Makes an encoder.
   *
   * @param config its shape
   * @param weights loaded by {@link TextEncoderConfig#layout}; closed with the encoder
   * @param tokenizer closed with the encoder; null if the model has none, which leaves the empty
   *     prompt
   */
  TextEncoder(TextEncoderConfig config, Weights weights, @Nullable ClipTokenizer tokenizer) {
    this.config = config;
    this.weights = weights;
    this.tokenizer = tokenizer;
    this.program = PackedLayers.load(TextEncoder.class, "clip_text.py");
  }

  TextEncoderConfig config() {
    return config;
  }

  /**
   * Encodes a prompt.
   *
   * @param prompt a text; what goes over the encoder's positions is cut
   * @return T × C, T the encoder's positions
   * @throws UnsupportedRequestException if the model has no tokenizer and the prompt is not empty
   */
  Matrix encode(String prompt) {
    if (!prompt.isEmpty()) {
      if (tokenizer == null) {
        throw new UnsupportedRequestException(
            "a prompt for the image generator needs its tokenizer, but the model has no"
                + " diffusion/tokenizer/vocab.json; copy the folder from the diffusion model");
      }
      return run(tokenizer.encode(prompt, config.positions()));
    }
    if (empty == null) {
      empty = run(tokenizer == null ? emptyIds() : tokenizer.encode("", config.positions()));
    }
    return empty;
  }

  /** The begin token, then end tokens: the last two of every CLIP vocabulary. */
  private long[] emptyIds() {
    long end = config.vocabulary() - 1L;
    long[] ids = new long[config.positions()];
    Arrays.fill(ids, end);
    ids[0] = end - 1;
    return ids;
  }

  private Matrix run(long[] ids) {
    try (Scope scope = new Scope()) {
      float[] states =
          program
              .call(
                  scope,
                  "forward",
                  weights,
                  scope.longs(ids, 1, ids.length),
                  config.layers(),
                  config.heads(),
                  config.quickGelu(),
                  config.epsilon())
              .toFloats();
      return new Matrix(ids.length, config.hidden(), states);
    }
  }

  /** Frees weights and tokenizer. */
  @Override
  public void close() {
    weights.close();
    program.close();
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
