package io.github.gill.vision;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;

/** The trained linear map from a picture's features to k tokens of the language model. */
public final class VisualPrefix implements AutoCloseable {

  private final int tokens;
  private final int size;
  private final Program program;
  private final Weights weights;

  /**
   * Makes the map.
   *
   * @param tokens k, how many tokens a picture becomes
   * @param size E, the language model's embedding size
   * @param weights {@code visual_embeddings.weight}, (k · E) × D, and its bias; closed with the map
   */
  public VisualPrefix(int tokens, int size, Weights weights) {
    this.tokens = tokens;
    this.size = size;
    this.weights = weights;
    this.program = Program.load(VisualPrefix.class, "visual_prefix.py");
  }

  /**
   * Returns how many tokens a picture becomes.
   *
   * @return k
   */
  public int tokens() {
    return tokens;
  }

  /**
   * Maps one picture.
   *
   * @param pooled its pooled features, 1 × D
   * @return its visual tokens, k × E
   */
  public Matrix tokens(Matrix pooled) {
    try (Scope scope = new Scope()) {
      Value features = scope.floats(pooled.values(), 1, pooled.columns());
      Value mapped = program.call(scope, "forward", weights, features, tokens);
      return new Matrix(tokens, size, mapped.toFloats());
    }
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
