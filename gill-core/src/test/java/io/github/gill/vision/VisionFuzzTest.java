package io.github.gill.vision;

import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.ModelFileException;
import io.github.gill.PictureException;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import io.github.gill.testing.Scratch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pictures, and the image encoder's configurations. */
class VisionFuzzTest extends FuzzContract {

  /** What a picture decodes to counts as allocated besides its bytes: here 64 Ki pixels. */
  private static final Limits LIMITS = new Limits(2 << 20, 1 << 16, 1, 1, 1, 1, 8);

  @Override
  protected List<FuzzTarget> targets() throws IOException {
    List<byte[]> pictures = new ArrayList<>();
    try (var files = Files.list(Path.of("src/test/resources/vision/pictures"))) {
      for (Path file : files.filter(f -> !f.toString().endsWith(".json")).sorted().toList()) {
        pictures.add(Files.readAllBytes(file));
      }
    }
    Scratch scratch = new Scratch();
    return List.of(
        new FuzzTarget(
            "picture",
            i -> PictureReader.read(i, LIMITS),
            List.of(PictureException.class, LimitException.class),
            64,
            pictures),
        new FuzzTarget("picture-headers", VisionFuzzTest::headers, List.of(), 4, pictures),
        FuzzTarget.ofTexts(
            "preprocessor",
            i ->
                PreprocessorSettings.read(
                    scratch.file("preprocessor_config.json", i).getParent(), 224),
            ModelFileException.class,
            256,
            """
            {"do_resize": true, "size": {"shortest_edge": 224}, "resample": 3,
             "do_center_crop": true, "crop_size": {"height": 224, "width": 224},
             "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
             "image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28]}
            """,
            "{\"size\": {\"height\": 8, \"width\": 9}, \"do_center_crop\": false}"),
        FuzzTarget.ofTexts(
            "clip-config",
            i ->
                ClipVisionConfig.of(
                        ModelConfig.parse("config", new String(i, StandardCharsets.UTF_8)))
                    .layout()
                    .build(),
            ModelFileException.class,
            256,
            """
            {"projection_dim": 4, "vision_config": {"hidden_act": "gelu", "hidden_size": 8,
             "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
             "image_size": 16, "patch_size": 8, "layer_norm_eps": 1e-05}}
            """));
  }

  private static void headers(byte[] input) {
    JpegHeader.parse(input);
    JpegHeader.scans(input);
    Orientation.of(input);
    WebpProfile.hide(input);
  }
}
