package io.github.gill.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.Limits;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagePreprocessorTest {

  private static final Path MICRO = Path.of("src/test/resources/micro");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void agreesWithTheFixture() {
    ImagePreprocessor preprocessor = ImagePreprocessor.read(MICRO.resolve("vision"));
    try (Checkpoint expected = Checkpoints.open(MICRO.resolve("expected.safetensors"))) {
      for (int i = 0; i < 3; i++) {
        BufferedImage image =
            PictureReader.read(MICRO.resolve("images/00" + i + ".png"), Limits.DEFAULTS);
        assertArrayEquals(
            FloatTensors.read(expected, "image" + i + ".pixel_values"),
            preprocessor.pixelValues(image),
            1e-6f);
      }
    }
  }

  @Test
  void agreesWithTheReferenceInEverySpelling() throws IOException {
    JsonObject json =
        JsonParser.parseString(
                Files.readString(Path.of("src/test/resources/vision/resampling.json")))
            .getAsJsonObject();
    for (JsonElement element : json.getAsJsonArray("preprocessed")) {
      JsonArray c = element.getAsJsonArray();
      write(json.getAsJsonArray("configs").get(c.get(0).getAsInt()).toString());
      ImagePreprocessor preprocessor = ImagePreprocessor.read(folder);
      BufferedImage image =
          ResamplingTest.pattern(c.get(1).getAsInt(), c.get(2).getAsInt(), c.get(3).getAsInt());
      float[] pixels = preprocessor.pixelValues(image);
      JsonArray shape = c.get(4).getAsJsonArray();
      assertEquals(shape.get(1).getAsInt(), preprocessor.height());
      assertEquals(shape.get(2).getAsInt(), preprocessor.width());
      JsonArray some = c.get(5).getAsJsonArray();
      int step = Math.max(1, pixels.length / 40);
      for (int i = 0; i < some.size(); i++) {
        float value = some.get(i).getAsFloat();
        assertEquals(value, pixels[i * step], 1e-6f * Math.max(1, Math.abs(value)), c.toString());
      }
      double sum = 0;
      for (float pixel : pixels) {
        sum += pixel;
      }
      assertEquals(c.get(6).getAsDouble(), sum, 1e-3 + 1e-7 * Math.abs(sum), c.toString());
    }
  }

  @Test
  void aMissingFileMeansClip() {
    assertEquals(224, ImagePreprocessor.read(folder).height());
    ImagePreprocessor preprocessor = ImagePreprocessor.read(folder, 32);
    BufferedImage grey = new BufferedImage(10, 20, BufferedImage.TYPE_BYTE_GRAY);
    float[] pixels = preprocessor.pixelValues(grey);
    assertEquals(3 * 32 * 32, pixels.length);
    assertEquals(-1.7922626f, pixels[0], 1e-6f);
  }

  @Test
  void readsTheSettingsThatProcessorConfigNests() throws IOException {
    Files.writeString(
        folder.resolve("processor_config.json"),
        "{\"processor_class\":\"CLIPProcessor\",\"image_processor\":{\"crop_size\":48}}");
    assertEquals(48, ImagePreprocessor.read(folder).height());
    write("{\"crop_size\": 32}");
    assertEquals(32, ImagePreprocessor.read(folder).height());
  }

  @Test
  void refusesAnotherSizeThanTheEncoders() throws IOException {
    write("{\"crop_size\": {\"height\": 16, \"width\": 64}}"); // as many pixels as 32 × 32
    String found =
        assertThrows(ModelFileException.class, () -> ImagePreprocessor.read(folder, 32)).toString();
    assertTrue(found.contains("makes 16 × 64 pixels, the image encoder takes 32 × 32"), found);
  }

  @Test
  void aLongNarrowPictureCostsNoMoreThanItsCrop() {
    BufferedImage line = new BufferedImage(1, 1_000_000, BufferedImage.TYPE_INT_RGB);
    assertEquals(3 * 224 * 224, ImagePreprocessor.read(folder).pixelValues(line).length);
  }

  @Test
  void namesWhatItDoesNotDo() throws IOException {
    refuses("{\"size\": 0}", "size is 0, expected 1 to 4096 pixels");
    refuses("{\"resample\": 0}", "resample is 0, expected 1 (Lanczos) to 5 (Hamming)");
    refuses("{\"image_std\": [0, 1, 1]}", "image_std is [0.0, 1.0, 1.0], expected three numbers");
    refuses("{\"do_center_crop\": false}", "do_center_crop is false and size has no height");
    refuses("{\"size\": {\"shortest_edge\": 3, \"longest_edge\": 4}}", "size has a longest_edge");
    refuses("{\"size\": {\"height\": 3}}", "size.width is missing");
    refuses("{\"image_mean\": 5}", "use the image encoder's own file");
    refuses("{\"size\": ", "is not valid JSON");
    refuses("[]", "is not a JSON object");
  }

  private void refuses(String json, String message) throws IOException {
    write(json);
    String found =
        assertThrows(ModelFileException.class, () -> ImagePreprocessor.read(folder)).toString();
    assertTrue(found.contains(message), found);
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), json);
  }
}
