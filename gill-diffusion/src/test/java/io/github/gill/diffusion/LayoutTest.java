package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.vision.ClipVisionConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Checks names and shapes against those of the released Stable Diffusion 1.5, without weights. */
class LayoutTest {

  private record Released(ModelConfig config, Map<String, TensorInfo> tensors) {

    static Released read(String name) throws IOException {
      try (InputStream in =
          Objects.requireNonNull(LayoutTest.class.getResourceAsStream("/layouts/" + name))) {
        JsonObject json =
            JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                .getAsJsonObject();
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        json.getAsJsonObject("tensors")
            .asMap()
            .forEach(
                (tensor, shape) -> {
                  List<Long> axes =
                      shape.getAsJsonArray().asList().stream().map(JsonElement::getAsLong).toList();
                  tensors.put(tensor, new TensorInfo(TensorType.F32, axes));
                });
        return new Released(
            ModelConfig.parse(name, json.getAsJsonObject("config").toString()), tensors);
      }
    }

    void match(Layout layout, int ignored) {
      assertEquals(tensors.size() - ignored, layout.match("layout", tensors).size());
    }
  }

  @Test
  void unetHasTheReleasedNamesAndShapes() throws IOException {
    Released released = Released.read("sd15-unet.json");
    released.match(UNetLayout.of(UNetConfig.of(released.config())), 0);
  }

  @Test
  void vaeHasTheReleasedNamesAndShapesInBothSpellings() throws IOException {
    Released released = Released.read("sd15-vae.json");
    VaeConfig config = VaeConfig.of(released.config());
    assertFalse(config.forceUpcast(), "the release computes in the pipeline's type");
    Layout layout = config.layout();
    released.match(layout, 0);
    Map<String, TensorInfo> newer = new LinkedHashMap<>();
    released
        .tensors()
        .forEach(
            (name, info) ->
                newer.put(
                    name.replace(".query.", ".to_q.")
                        .replace(".key.", ".to_k.")
                        .replace(".value.", ".to_v.")
                        .replace(".proj_attn.", ".to_out.0."),
                    info));
    assertTrue(newer.containsKey("decoder.mid_block.attentions.0.to_out.0.weight"));
    assertEquals(newer.size(), layout.match("newer", newer).size());
  }

  @Test
  void textEncoderHasTheReleasedNamesAndShapesWithAndWithoutPrefix() throws IOException {
    Released released = Released.read("sd15-text_encoder.json");
    Layout layout =
        TextEncoderConfig.of(
                ModelConfig.parse(
                    "text", released.config().json().replace("{", "{\"vocab_size\":49408,")))
            .layout()
            .build();
    int positionIds = 1;
    released.match(layout, positionIds);
    Map<String, TensorInfo> bare = new LinkedHashMap<>();
    released.tensors().forEach((name, info) -> bare.put(name.replace("text_model.", ""), info));
    assertEquals(released.tensors().size() - positionIds, layout.match("bare", bare).size());
  }

  @Test
  void safetyCheckerHasTheReleasedNamesAndShapes() throws IOException {
    Released released = Released.read("sd15-safety_checker.json");
    ClipVisionConfig shape = ClipVisionConfig.of(released.config());
    released.match(SafetyChecker.layout(shape, released.tensors()), 0);
  }

  @Test
  void refusesUnsupportedOptionsByName() {
    String base =
        "\"block_out_channels\":[32],\"cross_attention_dim\":8,\"down_block_types\":[\"DownBlock2D\"],\"up_block_types\":[\"UpBlock2D\"]";
    for (String option :
        List.of(
            "\"class_embed_type\":\"timestep\"",
            "\"addition_embed_type\":\"text_time\"",
            "\"dual_cross_attention\":true",
            "\"only_cross_attention\":[true,false]",
            "\"resnet_time_scale_shift\":\"scale_shift\"",
            "\"act_fn\":\"gelu\"",
            "\"mid_block_type\":\"UNetMidBlock2D\"",
            "\"mid_block_type\":null")) {
      ModelConfig config = ModelConfig.parse("unet/config.json", "{" + base + "," + option + "}");
      ModelFileException e =
          assertThrows(ModelFileException.class, () -> UNetConfig.of(config), option);
      String name = option.substring(0, option.indexOf(':'));
      assertTrue(
          String.valueOf(e.getMessage()).startsWith("unet/config.json: " + name + " is "),
          e.getMessage());
    }
  }

  @Test
  void refusesInpaintingModels() {
    ModelConfig config =
        ModelConfig.parse(
            "unet/config.json",
            "{\"in_channels\":9,\"block_out_channels\":[32],\"cross_attention_dim\":8,\"down_block_types\":[\"DownBlock2D\"],\"up_block_types\":[\"UpBlock2D\"]}");
    ModelFileException e = assertThrows(ModelFileException.class, () -> UNetConfig.of(config));
    assertEquals(
        "unet/config.json: in_channels is 9 and out_channels 4; models for inpainting or depth,"
            + " which see more than latents, are not supported",
        e.getMessage());
  }

  @Test
  void refusesHeadsThatDoNotDivideTheWidth() {
    ModelConfig config =
        ModelConfig.parse(
            "unet/config.json",
            "{\"attention_head_dim\":5,\"block_out_channels\":[32],\"cross_attention_dim\":8,\"down_block_types\":[\"DownBlock2D\"],\"up_block_types\":[\"UpBlock2D\"]}");
    ModelFileException e = assertThrows(ModelFileException.class, () -> UNetConfig.of(config));
    assertEquals(
        "unet: block_out_channels has 32, not a multiple of its 5 attention heads", e.getMessage());
  }
}
