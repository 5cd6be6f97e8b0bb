package io.github.gill.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.Limits;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;
import io.github.gill.testing.Micro;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClipVisionIT {

  private static final int PICTURES = 12;

  private static Checkpoint files;
  private static ClipVision clip;
  private static float[][] pixels;

  @BeforeAll
  static void load() {
    Path folder = Micro.FOLDER.resolve("vision");
    ClipVisionConfig config = ClipVisionConfig.of(ModelConfig.read(folder.resolve("config.json")));
    files = Checkpoints.open(folder);
    clip =
        new ClipVision(
            config,
            Weights.load(files, config.layout().build(), ComputeDevice.CPU, Precision.FP32));
    ImagePreprocessor preprocessor = ImagePreprocessor.read(folder, config.side());
    pixels = new float[PICTURES][];
    for (int i = 0; i < PICTURES; i++) {
      Path file = Micro.FOLDER.resolve("images/%03d.png".formatted(i));
      pixels[i] = preprocessor.pixelValues(PictureReader.read(file, Limits.DEFAULTS));
    }
  }

  @AfterAll
  static void close() {
    clip.close();
    files.close();
  }

  /** Pooled output, projected features and their cosines within 1e-3 of the original's. */
  @Test
  void seesWhatTheOriginalSees() {
    Matrix pooled = clip.pooled(pixels);
    for (int i = 0; i < 3; i++) {
      assertClose("image" + i + ".pooled", pooled.row(i));
    }
    Matrix features = clip.features(pooled);
    assertClose("clip.image_features", features.values());
    float[] similarity = new float[PICTURES * PICTURES];
    for (int i = 0; i < PICTURES; i++) {
      for (int j = 0; j < PICTURES; j++) {
        similarity[i * PICTURES + j] = cosine(features.row(i), features.row(j));
      }
    }
    assertClose("clip.image_similarity", similarity);
  }

  /** Layers on reordered weights against libtorch's own in fp32. */
  @ParameterizedTest
  @CsvSource({"FP32, 1e-5", "BF16, 3e-2"})
  void seesTheSameWithPackedLayers(Precision precision, float tolerance) {
    Weights weights =
        Weights.load(files, clip.config().layout().build(), ComputeDevice.CPU, precision);
    try (ClipVision packed = new ClipVision(clip.config(), weights)) {
      boolean packs = PackedLayers.pack(weights);
      if (precision == Precision.FP32 && System.getProperty("os.arch").equals("amd64")) {
        assertTrue(packs, "libtorch has oneDNN there");
      }
      assumeTrue(packs, "oneDNN does not compute in " + precision + " here");
      for (int i = 0; i < PICTURES; i++) {
        assertArrayEquals(
            clip.pooled(pixels[i]).values(), packed.pooled(pixels[i]).values(), tolerance);
      }
      Matrix pooled = clip.pooled(pixels[0]);
      assertArrayEquals(
          clip.features(pooled).values(), packed.features(pooled).values(), 10 * tolerance);
    }
  }

  /** One batch against one by one, within 1e-5. */
  @Test
  void seesTheSameInABatchAsAlone() {
    Matrix batch = clip.pooled(pixels);
    for (int i = 0; i < PICTURES; i++) {
      assertArrayEquals(batch.row(i), clip.pooled(pixels[i]).row(0), 1e-5f);
    }
  }

  @Test
  void refusesPixelsOfAnotherSize() {
    assertEquals(
        "12 numbers for a picture of 3 × 64 × 64",
        assertThrows(IllegalArgumentException.class, () -> clip.pooled(new float[12]))
            .getMessage());
  }

  private static float cosine(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return (float) (ab / Math.sqrt(aa * bb));
  }

  private static void assertClose(String expected, float[] found) {
    double error = Micro.relativeError(Micro.tensor(expected), found);
    assertTrue(error < 1e-3, expected + " differs by " + error);
  }
}
