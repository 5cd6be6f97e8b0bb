package io.github.gill.retrieval;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.spi.ModelContext;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The two linear maps into the space where text and pictures meet, and the temperature of their
 * cosines (section 3.3 of the paper).
 *
 * <p>Immutable and thread-safe; nothing to close.
 */
public final class RetrievalHeads {

  private static final String TEXT = "ret_text_hidden_fcs.0.model";
  private static final String IMAGE = "visual_fc";
  private static final int FINGERPRINT_BYTES = 8;

  private final LinearLayer text;
  private final LinearLayer image;
  private final float scale;

  RetrievalHeads(LinearLayer text, LinearLayer image, float scale) {
    this.text = text;
    this.image = image;
    this.scale = scale;
  }

  /**
   * Reads the heads of a GILL checkpoint.
   *
   * @param context the model
   * @return the heads
   * @throws ModelFileException if tensors are missing or do not fit {@code model_args.json}
   */
  public static RetrievalHeads read(ModelContext context) {
    return read(context.trained(), context.hiddenSize(), context.args().retrievalSize());
  }

  /**
   * Reads the heads of a GILL checkpoint.
   *
   * @param trained its tensors, named without {@code module.} and {@code model.}
   * @param hidden D, the size of the language model's states
   * @param size R, the length of keys and queries
   * @return the heads
   * @throws ModelFileException if tensors are missing or do not fit the sizes
   */
  public static RetrievalHeads read(Checkpoint trained, int hidden, int size) {
    TensorInfo info = trained.tensors().get(IMAGE + ".weight");
    long features = info == null || info.shape().size() < 2 ? 1 : info.shape().get(1);
    Layout.builder("the retrieval heads")
        .ignore("(?!ret_text_hidden_fcs\\.|visual_fc\\.|logit_scale).*")
        .tensor(TEXT + ".weight", size, hidden)
        .tensor(TEXT + ".bias", size)
        .tensor(IMAGE + ".weight", size, features)
        .tensor(IMAGE + ".bias", size)
        .tensor("logit_scale")
        .build()
        .match(trained);
    double scale = Math.exp(FloatTensors.read(trained, "logit_scale")[0]);
    if (!(scale > 0 && scale < Float.MAX_VALUE)) {
      throw new ModelFileException(
          "%s: exp(logit_scale) is %s, expected a positive number; use a trained checkpoint"
              .formatted(trained.source(), scale));
    }
    return new RetrievalHeads(
        LinearLayer.read(trained, TEXT), LinearLayer.read(trained, IMAGE), (float) scale);
  }

  /**
   * Computes a query.
   *
   * @param state the language model's last hidden state at {@code [IMG0]}, D numbers
   * @return a vector of unit length, R numbers; all zero if the map gives no direction
   */
  public float[] query(float[] state) {
    return normalised(text.apply(state));
  }

  /**
   * Computes a picture's key.
   *
   * @param pooled CLIP's {@code pooler_output} for the picture
   * @return a vector of unit length, R numbers; all zero if the map gives no direction
   */
  public float[] key(float[] pooled) {
    return normalised(image.apply(pooled));
  }

  /**
   * Returns what cosines are multiplied with to give scores.
   *
   * @return exp(logit_scale)
   */
  public float scale() {
    return scale;
  }

  /**
   * Returns the length of queries and keys.
   *
   * @return R
   */
  public int size() {
    return text.outputs();
  }

  /**
   * Identifies the map from pictures to keys, whatever type and file it was stored in, so that an
   * index is not searched with another model's queries.
   *
   * @return 16 hexadecimal digits
   */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      update(digest, image.weight());
      update(digest, image.bias());
      return HexFormat.of().formatHex(digest.digest(), 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * numbers.length);
    bytes.asFloatBuffer().put(numbers);
    digest.update(bytes);
  }

  static float[] normalised(float[] vector) {
    double squares = 0;
    for (float x : vector) {
      squares += (double) x * x;
    }
    double length = Math.sqrt(squares);
    float[] unit = new float[vector.length];
    for (int i = 0; length > 0 && i < unit.length; i++) {
      unit[i] = (float) (vector[i] / length);
    }
    return unit;
  }
}
