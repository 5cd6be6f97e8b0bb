package io.github.gill.diffusion;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.PartReport;
import io.github.gill.vision.ClipVision;
import io.github.gill.vision.ClipVisionConfig;
import io.github.gill.vision.ImagePreprocessor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Stable Diffusion's safety checker: flags pictures whose CLIP features lie too near to one of some
 * concepts.
 *
 * <p>Three further concepts call for special care: near one of them, all thresholds fall by 0.01.
 * Everything is fp32. Called by one thread at a time per device.
 */
final class SafetyChecker implements AutoCloseable {

  private static final float SPECIAL_CARE = 0.01f;

  private final ClipVision vision;
  private final ImagePreprocessor preprocessor;
  private final Concepts concepts;
  private final Concepts specialCare;

  /** Unit vectors of concepts and the cosines from which on they count. */
  private record Concepts(Matrix directions, Matrix thresholds) {

    static Concepts read(Checkpoint checkpoint, String name, int size) {
      float[] directions = FloatTensors.read(checkpoint, name);
      float[] thresholds = FloatTensors.read(checkpoint, name + "_weights");
      int count = thresholds.length;
      for (int i = 0; i < count; i++) {
        normalise(directions, i * size, size);
      }
      return new Concepts(new Matrix(count, size, directions), new Matrix(count, 1, thresholds));
    }

    Matrix cosines(float[] direction) {
      float[] cosines = new float[directions.rows()];
      for (int i = 0; i < cosines.length; i++) {
        for (int j = 0; j < direction.length; j++) {
          cosines[i] += directions.values()[i * direction.length + j] * direction[j];
        }
      }
      return new Matrix(cosines.length, 1, cosines);
    }

    /**
     * Whether a cosine exceeds its threshold by at least half a thousandth, as the reference
     * rounds.
     */
    boolean contain(float[] direction, float adjustment) {
      float[] cosines = cosines(direction).values();
      for (int i = 0; i < cosines.length; i++) {
        float excess = cosines[i] - thresholds.values()[i] + adjustment;
        if (Math.rint(excess * 1000) > 0) {
          return true;
        }
      }
      return false;
    }
  }

  private SafetyChecker(
      ClipVision vision, ImagePreprocessor preprocessor, Concepts concepts, Concepts specialCare) {
    this.vision = vision;
    this.preprocessor = preprocessor;
    this.concepts = concepts;
    this.specialCare = specialCare;
  }

  /**
   * Loads a checker.
   *
   * @param config {@code safety_checker/config.json}
   * @param checkpoint its tensors; stays open until the checker is closed
   * @param extractor the folder of {@code preprocessor_config.json}; where that is missing, CLIP's
   *     own preprocessing at the checker's size
   * @param device where it runs
   * @return the checker, which the caller closes
   * @throws io.github.gill.ModelFileException if the files do not fit
   */
  static SafetyChecker load(
      ModelConfig config, Checkpoint checkpoint, Path extractor, ComputeDevice device) {
    ClipVisionConfig shape = ClipVisionConfig.of(config);
    int size = shape.projection();
    ImagePreprocessor preprocessor = ImagePreprocessor.read(extractor, shape.side());
    Layout layout = layout(shape, checkpoint.tensors());
    layout.match(checkpoint); // before the concepts are read, so that errors name all names
    Concepts concepts = Concepts.read(checkpoint, "concept_embeds", size);
    Concepts specialCare = Concepts.read(checkpoint, "special_care_embeds", size);
    Weights weights = Weights.load(checkpoint, layout, device, Precision.FP32);
    ClipVision clip = new ClipVision(shape, weights);
    PackedLayers.pack(weights);
    return new SafetyChecker(clip, preprocessor, concepts, specialCare);
  }

  /** Measures the checker in a folder, which fails as loading it would. */
  static long weightBytes(Path folder) {
    ClipVisionConfig shape = ClipVisionConfig.of(ModelConfig.read(folder.resolve("config.json")));
    ImagePreprocessor.read(folder.resolveSibling("feature_extractor"), shape.side());
    try (Checkpoint checkpoint = Checkpoints.open(folder)) {
      return PartReport.weightBytes(
          checkpoint, layout(shape, checkpoint.tensors()), Precision.FP32);
    }
  }

  /**
   * Lists the tensors.
   *
   * @param shape the image encoder's shape
   * @param tensors what the file has: the released checker has 17 concepts and 3 for special care,
   *     others may have other numbers
   */
  static Layout layout(ClipVisionConfig shape, Map<String, TensorInfo> tensors) {
    Layout.Builder layout =
        shape.layout().spelling("^vision_model\\.vision_model\\.", "vision_model.");
    for (String name : List.of("concept_embeds", "special_care_embeds")) {
      TensorInfo weights = tensors.get(name + "_weights");
      long count = weights == null ? 1 : weights.elements();
      layout.tensor(name, count, shape.projection()).tensor(name + "_weights", count);
    }
    return layout.build();
  }

  /**
   * Judges a picture.
   *
   * @param image a picture of any size
   * @return true if the checker objects
   */
  boolean flags(BufferedImage image) {
    float[] direction = direction(image);
    return concepts.contain(direction, specialCare.contain(direction, 0) ? SPECIAL_CARE : 0);
  }

  /** A picture's features, of unit length. */
  float[] direction(BufferedImage image) {
    float[] direction = vision.features(vision.pooled(preprocessor.pixelValues(image))).values();
    normalise(direction, 0, direction.length);
    return direction;
  }

  /** Cosines of a direction to all concepts. */
  float[] conceptCosines(float[] direction) {
    return concepts.cosines(direction).values();
  }

  /** Cosines of a direction to the concepts of special care. */
  float[] specialCosines(float[] direction) {
    return specialCare.cosines(direction).values();
  }

  private static void normalise(float[] values, int from, int length) {
    double squares = 0;
    for (int i = from; i < from + length; i++) {
      squares += (double) values[i] * values[i];
    }
    float norm = (float) Math.max(Math.sqrt(squares), 1e-12);
    for (int i = from; i < from + length; i++) {
      values[i] /= norm;
    }
  }

  /** Frees the weights. */
  @Override
  public void close() {
    vision.close();
  }
}
