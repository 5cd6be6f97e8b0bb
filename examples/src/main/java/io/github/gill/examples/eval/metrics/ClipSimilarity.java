package io.github.gill.examples.eval.metrics;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.diffusion.TextEncoderConfig;
import io.github.gill.language.ClipTokenizer;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;
import io.github.gill.vision.ClipVision;
import io.github.gill.vision.ClipVisionConfig;
import io.github.gill.vision.ImagePreprocessor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Pictures and texts in CLIP's joint space (Radford et al. 2021), where the cosine says how alike
 * they are: the paper's CLIP similarity of two pictures, and the score of a picture for a text.
 *
 * <p>Both towers run in fp32. Not thread-safe; close it to free them.
 */
public final class ClipSimilarity implements AutoCloseable {

  private static final int BATCH = 16;

  private final Deque<Runnable> resources = new ArrayDeque<>();
  private final ClipVisionConfig visionConfig;
  private final ClipVision vision;
  private final ImagePreprocessor preprocessor;
  private final TextEncoderConfig textConfig;
  private final ClipTokenizer tokenizer;
  private final Weights textWeights;
  private final Program textProgram;

  private ClipSimilarity(Path folder, ComputeDevice device) {
    ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
    visionConfig = ClipVisionConfig.of(config);
    textConfig = TextEncoderConfig.of(config);
    preprocessor = ImagePreprocessor.read(folder, visionConfig.side());
    try {
      tokenizer = ClipTokenizer.read(folder);
      resources.push(tokenizer::close);
      Checkpoint files = Checkpoints.open(folder);
      resources.push(files::close);
      check(folder, files);
      Layout visionLayout = visionConfig.layout().build();
      vision =
          new ClipVision(visionConfig, Weights.load(files, visionLayout, device, Precision.FP32));
      resources.push(vision::close);
      Layout textLayout =
          textConfig
              .layout()
              .tensor("text_projection.weight", visionConfig.projection(), textConfig.hidden())
              .ignore("vision_model\\..*|visual_projection\\.weight|logit_scale")
              .build();
      textWeights = Weights.load(files, textLayout, device, Precision.FP32);
      resources.push(textWeights::close);
      textProgram =
          Program.load(ClipSimilarity.class, "clip_text.py", "clip_text_features.py", "layers.py");
      resources.push(textProgram::close);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Loads both towers.
   *
   * @param folder a whole CLIP as on the hub: {@code config.json}, weights with both projections,
   *     and the tokenizer's {@code vocab.json} and {@code merges.txt}; for example a model folder's
   *     {@code vision/}
   * @param device where to compute
   * @return the towers, which the caller closes
   * @throws ModelFileException if files are missing, damaged or do not fit each other
   */
  public static ClipSimilarity open(Path folder, ComputeDevice device) {
    return new ClipSimilarity(folder, device);
  }

  private void check(Path folder, Checkpoint files) {
    if (visionConfig.projection() < 1 || !files.tensors().containsKey("visual_projection.weight")) {
      throw new ModelFileException(
          folder + " has no visual_projection.weight; use a whole CLIP, not its image encoder");
    }
    if (tokenizer.size() > textConfig.vocabulary()) {
      throw new ModelFileException(
          "%s: the tokenizer has %d tokens, text_config.vocab_size is %d; use the tokenizer of this CLIP"
              .formatted(folder, tokenizer.size(), textConfig.vocabulary()));
    }
  }

  /**
   * Places a picture in the joint space.
   *
   * @param picture any size, {@code TYPE_INT_RGB}
   * @return F numbers, a vector of length 1
   */
  public float[] imageFeatures(BufferedImage picture) {
    return imageFeatures(List.of(picture)).get(0);
  }

  /**
   * Places pictures in the joint space, {@value #BATCH} at a time.
   *
   * @param pictures any sizes, {@code TYPE_INT_RGB}
   * @return a vector of length 1 for each, in their order
   */
  public List<float[]> imageFeatures(List<BufferedImage> pictures) {
    List<float[]> features = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i += BATCH) {
      float[][] pixels =
          pictures.subList(i, Math.min(pictures.size(), i + BATCH)).stream()
              .map(preprocessor::pixelValues)
              .toArray(float[][]::new);
      addUnitRows(vision.features(vision.pooled(pixels)), features);
    }
    return features;
  }

  /**
   * Places a text in the joint space.
   *
   * @param text what does not fit the text tower's positions is cut
   * @return F numbers, a vector of length 1
   */
  public float[] textFeatures(String text) {
    return textFeatures(List.of(text)).get(0);
  }

  /**
   * Places texts in the joint space, {@value #BATCH} at a time.
   *
   * @param texts what does not fit the text tower's positions is cut
   * @return a vector of length 1 for each, in their order
   */
  public List<float[]> textFeatures(List<String> texts) {
    List<float[]> features = new ArrayList<>();
    for (int i = 0; i < texts.size(); i += BATCH) {
      addUnitRows(encode(texts.subList(i, Math.min(texts.size(), i + BATCH))), features);
    }
    return features;
  }

  private Matrix encode(List<String> texts) {
    int length = textConfig.positions();
    long[] ids = new long[texts.size() * length];
    long[] ends = new long[texts.size()];
    for (int i = 0; i < texts.size(); i++) {
      long[] own = tokenizer.encode(texts.get(i), length);
      System.arraycopy(own, 0, ids, i * length, length);
      int end = i * length;
      while (ids[end] != tokenizer.endId()) {
        end++;
      }
      ends[i] = end;
    }
    try (Scope scope = new Scope()) {
      Value states =
          textProgram.call(
              scope,
              "forward",
              textWeights,
              scope.longs(ids, texts.size(), length),
              textConfig.layers(),
              textConfig.heads(),
              textConfig.quickGelu(),
              textConfig.epsilon());
      Value features =
          textProgram.call(
              scope, "text_features", textWeights, states, scope.longs(ends, texts.size()));
      return new Matrix(texts.size(), visionConfig.projection(), features.toFloats());
    }
  }

  private static void addUnitRows(Matrix matrix, List<float[]> rows) {
    for (int i = 0; i < matrix.rows(); i++) {
      float[] row = matrix.row(i);
      double length = Math.sqrt(dot(row, row));
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) (row[j] / length);
      }
      rows.add(row);
    }
  }

  /**
   * Compares two vectors of any length.
   *
   * @param a numbers, not all 0
   * @param b as many numbers, not all 0
   * @return −1 to 1
   * @throws IllegalArgumentException if one has more numbers than the other
   */
  public static double cosine(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          a.length + " features against " + b.length + "; use one CLIP for both");
    }
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /** Frees both towers. Does nothing the second time. */
  @Override
  public void close() {
    while (!resources.isEmpty()) {
      resources.pop().run();
    }
  }
}
