package io.github.gill.vision;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code preprocessor_config.json} in all its spellings: sizes as a number, as {@code
 * shortest_edge} or as {@code height} and {@code width}, steps that are switched off. Where it is
 * missing, {@code image_processor} of {@code processor_config.json}, which newer processors write
 * instead.
 *
 * @param shortestEdge what the shorter side is resized to; 0 if the sides are given
 * @param resizeWidth what the width is resized to; 0 if the shorter side is given or nothing is
 *     resized
 * @param resizeHeight what the height is resized to, likewise
 * @param filter how pictures are resized
 * @param width the width of the crop, which is the result's
 * @param height the height of the crop
 * @param factor what samples of 0 to 255 are multiplied with
 * @param mean subtracted from red, green and blue; zeros without normalisation
 * @param deviation what they are divided by then; ones without normalisation
 */
record PreprocessorSettings(
    int shortestEdge,
    int resizeWidth,
    int resizeHeight,
    Resampling.Filter filter,
    int width,
    int height,
    double factor,
    List<Double> mean,
    List<Double> deviation) {

  static final int CLIP_SIDE = 224;

  private static final int LARGEST_SIDE = 4096;
  private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
  private static final List<Double> CLIP_DEVIATION = List.of(0.26862954, 0.26130258, 0.27577711);

  /** Pillow's numbers of its filters; 0, the nearest pixel, is not antialiased. */
  private static final Map<Integer, Resampling.Filter> FILTERS =
      Map.of(
          1, Resampling.Filter.LANCZOS,
          2, Resampling.Filter.BILINEAR,
          3, Resampling.Filter.BICUBIC,
          4, Resampling.Filter.BOX,
          5, Resampling.Filter.HAMMING);

  boolean resize() {
    return shortestEdge > 0 || resizeWidth > 0;
  }

  static PreprocessorSettings read(Path folder, int side) {
    Path own = folder.resolve("preprocessor_config.json");
    Path shared = folder.resolve("processor_config.json");
    Path file = Files.exists(own) || !Files.exists(shared) ? own : shared;
    if (!Files.exists(file)) {
      return of(new JsonObject(), side);
    }
    ModelConfig config = ModelConfig.read(file);
    if (file == shared && config.has("image_processor")) {
      config = config.object("image_processor");
    }
    try {
      return of(JsonParser.parseString(config.json()).getAsJsonObject(), side);
    } catch (IllegalStateException
        | ClassCastException
        | IllegalArgumentException
        | UnsupportedOperationException e) {
      throw new ModelFileException(
          file + ": " + e.getMessage() + "; use the image encoder's own file", e);
    }
  }

  private static PreprocessorSettings of(JsonObject json, int side) {
    int shortest = 0;
    int resizeWidth = 0;
    int resizeHeight = 0;
    JsonElement size = json.get("size");
    if (flag(json, "do_resize")) {
      if (size instanceof JsonObject sides && !sides.has("shortest_edge")) {
        resizeWidth = side(sides.get("width"), "size.width");
        resizeHeight = side(sides.get("height"), "size.height");
      } else if (size instanceof JsonObject edges) {
        if (edges.has("longest_edge")) {
          throw new IllegalArgumentException(
              "size has a longest_edge, expected shortest_edge alone or height and width");
        }
        shortest = side(edges.get("shortest_edge"), "size.shortest_edge");
      } else {
        shortest = size == null ? side : side(size, "size");
      }
    }
    int width;
    int height;
    JsonElement crop = json.get("crop_size");
    if (!flag(json, "do_center_crop")) {
      if (resizeWidth == 0) {
        throw new IllegalArgumentException(
            "do_center_crop is false and size has no height and width, so pictures would keep"
                + " different shapes");
      }
      width = resizeWidth;
      height = resizeHeight;
    } else if (crop instanceof JsonObject sides) {
      width = side(sides.get("width"), "crop_size.width");
      height = side(sides.get("height"), "crop_size.height");
    } else {
      width = crop == null ? side : side(crop, "crop_size");
      height = width;
    }
    boolean normalize = flag(json, "do_normalize");
    return new PreprocessorSettings(
        shortest,
        resizeWidth,
        resizeHeight,
        filter(json),
        width,
        height,
        flag(json, "do_rescale") ? number(json, "rescale_factor", 1 / 255.0) : 1,
        normalize ? colors(json, "image_mean", CLIP_MEAN) : List.of(0.0, 0.0, 0.0),
        normalize ? colors(json, "image_std", CLIP_DEVIATION) : List.of(1.0, 1.0, 1.0));
  }

  private static boolean flag(JsonObject json, String key) {
    return !(json.has(key) && !json.get(key).getAsBoolean());
  }

  private static double number(JsonObject json, String key, double absent) {
    return json.has(key) ? json.get(key).getAsDouble() : absent;
  }

  private static int side(@Nullable JsonElement json, String name) {
    if (json == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    int side = json.getAsInt();
    if (side < 1 || side > LARGEST_SIDE) {
      throw new IllegalArgumentException(
          name + " is " + side + ", expected 1 to " + LARGEST_SIDE + " pixels");
    }
    return side;
  }

  private static Resampling.Filter filter(JsonObject json) {
    int number = json.has("resample") ? json.get("resample").getAsInt() : 3;
    Resampling.Filter filter = FILTERS.get(number);
    if (filter == null) {
      throw new IllegalArgumentException(
          "resample is " + number + ", expected 1 (Lanczos) to 5 (Hamming)");
    }
    return filter;
  }

  private static List<Double> colors(JsonObject json, String key, List<Double> absent) {
    if (!json.has(key)) {
      return absent;
    }
    List<Double> values = new ArrayList<>();
    json.getAsJsonArray(key).forEach(value -> values.add(value.getAsDouble()));
    if (values.size() != 3 || (key.equals("image_std") && values.contains(0.0))) {
      throw new IllegalArgumentException(key + " is " + values + ", expected three numbers");
    }
    return List.copyOf(values);
  }
}
