package io.github.gill.examples.eval.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.runtime.ComputeDevice;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares a small CLIP of {@link FormulaWeights} with transformers' {@code CLIPModel} 5.18 of the
 * same weights, within 1e-5.
 */
class ClipSimilarityTest {

  private static final Path MICRO =
      Path.of("../gill-core/src/test/resources/micro").toAbsolutePath().normalize();
  private static final String LONG =
      "Two dogs play with a ball on the green lawn behind the house, and a cat looks on from the"
          + " window";

  @TempDir static Path folder;

  @BeforeAll
  static void writeModel() throws IOException {
    String config =
        Files.readString(MICRO.resolve("vision/config.json"))
            .replace("\"vocab_size\": 99", "\"vocab_size\": 745")
            .replace("\"max_position_embeddings\": 77", "\"max_position_embeddings\": 16");
    Files.writeString(folder.resolve("config.json"), config);
    copy("vision/preprocessor_config.json");
    copy("diffusion/tokenizer/vocab.json");
    copy("diffusion/tokenizer/merges.txt");
    Map<String, long[]> shapes = new LinkedHashMap<>();
    try (Checkpoint small = Checkpoints.open(MICRO.resolve("vision"))) {
      small
          .tensors()
          .forEach((name, t) -> shapes.put(name, t.shape().stream().mapToLong(n -> n).toArray()));
    }
    shapes.put("text_model.embeddings.token_embedding.weight", new long[] {745, 32});
    shapes.put("text_model.embeddings.position_embedding.weight", new long[] {16, 32});
    FormulaWeights.write(folder.resolve("model.safetensors"), 1, shapes);
  }

  private static void copy(String file) throws IOException {
    Path source = MICRO.resolve(file);
    Files.copy(source, folder.resolve(source.getFileName()));
  }

  private static BufferedImage picture(int index) throws IOException {
    BufferedImage file = ImageIO.read(MICRO.resolve("images/%03d.png".formatted(index)).toFile());
    BufferedImage rgb =
        new BufferedImage(file.getWidth(), file.getHeight(), BufferedImage.TYPE_INT_RGB);
    rgb.createGraphics().drawImage(file, 0, 0, null);
    return rgb;
  }

  @Test
  void placesPicturesAndTextsAsTheReferenceDoes() throws IOException {
    try (ClipSimilarity clip = ClipSimilarity.open(folder, ComputeDevice.CPU)) {
      List<float[]> images = clip.imageFeatures(List.of(picture(0), picture(3)));
      assertStart(new float[] {-0.279597f, 0.295544f, 0.038175f, -0.111451f}, images.get(0));
      assertStart(new float[] {-0.188069f, 0.390314f, 0.254578f, -0.104879f}, images.get(1));
      List<float[]> texts = clip.textFeatures(List.of("a red fox", LONG, ""));
      assertStart(new float[] {0.209211f, -0.208077f, -0.194039f, -0.13798f}, texts.get(0));
      assertStart(new float[] {0.027404f, -0.073654f, -0.288154f, 0.098495f}, texts.get(1));
      assertStart(new float[] {-0.047007f, -0.06805f, -0.344499f, -0.01468f}, texts.get(2));
      assertEquals(0.736560, ClipSimilarity.cosine(images.get(0), images.get(1)), 1e-5);
      assertEquals(-0.211032, ClipSimilarity.cosine(images.get(0), texts.get(0)), 1e-5);
      assertEquals(-0.191550, ClipSimilarity.cosine(images.get(1), texts.get(1)), 1e-5);
      assertEquals(-0.224889, ClipSimilarity.cosine(images.get(1), texts.get(2)), 1e-5);
    }
  }

  private static void assertStart(float[] expected, float[] features) {
    assertEquals(32, features.length);
    assertArrayEquals(expected, Arrays.copyOf(features, 4), 1e-5f);
    assertEquals(1, ClipSimilarity.cosine(features, features), 1e-9);
  }

  @Test
  void givesInBatchesWhatItGivesOneByOne() throws IOException {
    try (ClipSimilarity clip = ClipSimilarity.open(folder, ComputeDevice.CPU)) {
      List<float[]> texts = clip.textFeatures(Collections.nCopies(18, LONG));
      assertEquals(18, texts.size());
      assertArrayEquals(clip.textFeatures(LONG), texts.get(17), 1e-6f);
      List<float[]> images = clip.imageFeatures(Collections.nCopies(17, picture(3)));
      assertEquals(17, images.size());
      assertArrayEquals(clip.imageFeatures(picture(3)), images.get(16), 1e-6f);
      assertTrue(clip.textFeatures(List.of()).isEmpty());
    }
  }

  @Test
  void refusesAnImageEncoderWithoutProjections(@TempDir Path other) throws IOException {
    for (String name :
        List.of("config.json", "preprocessor_config.json", "vocab.json", "merges.txt")) {
      Files.copy(folder.resolve(name), other.resolve(name));
    }
    FormulaWeights.write(other.resolve("model.safetensors"), 1, Map.of("x", new long[] {1}));
    ModelFileException refusal =
        assertThrows(ModelFileException.class, () -> ClipSimilarity.open(other, ComputeDevice.CPU));
    assertTrue(refusal.getMessage().contains("no visual_projection.weight"), refusal.getMessage());
  }
}
