package io.github.gill.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.testing.Micro;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The fixture's image encoder as transformers has saved such encoders over the years. */
class ClipVisionConfigTest {

  private static final String PROJECTION = "visual_projection.weight";
  private static final Path FOLDER = Micro.FOLDER.resolve("vision");
  private static final ModelConfig WHOLE = ModelConfig.read(FOLDER.resolve("config.json"));

  /** The encoder's own configuration, without a projection. */
  private static final ClipVisionConfig FLAT = ClipVisionConfig.of(WHOLE.object("vision_config"));

  private static Map<String, TensorInfo> tensors() {
    try (Checkpoint files = Checkpoints.open(FOLDER)) {
      return new LinkedHashMap<>(files.tensors());
    }
  }

  @Test
  void findsTensorsWithoutTheModelsName() {
    Map<String, TensorInfo> bare = new LinkedHashMap<>();
    tensors()
        .forEach(
            (name, info) -> {
              if (name.startsWith("vision_model.") && !name.endsWith("position_ids")) {
                bare.put(name.substring("vision_model.".length()), info);
              }
            });
    Layout layout = FLAT.layout().build();
    Map<String, String> found = layout.match("bare", bare);
    assertEquals(bare.size(), found.size());
    found.forEach((name, stored) -> assertEquals(name, "vision_model." + stored));
  }

  @Test
  void leavesAProjectionOutThatTheConfigurationLacks() {
    Layout layout = FLAT.layout().build();
    assertFalse(layout.match("whole", tensors()).containsKey(PROJECTION));
  }

  @Test
  void needsNoFittingProjectionForPooledFeatures() {
    Map<String, TensorInfo> odd = tensors();
    odd.put(PROJECTION, new TensorInfo(TensorType.F32, List.of(5L, 7L)));
    ClipVisionConfig whole = ClipVisionConfig.of(WHOLE);
    assertThrows(ModelFileException.class, () -> whole.layout().build().match("odd", odd));
    Layout layout = whole.withoutProjection().layout().build();
    assertFalse(layout.match("odd", odd).containsKey(PROJECTION));
  }

  @Test
  void readsTheOldKeyOfTheNestedConfiguration() {
    JsonObject old = JsonParser.parseString(WHOLE.json()).getAsJsonObject();
    old.add("vision_config_dict", old.remove("vision_config"));
    assertEquals(
        ClipVisionConfig.of(WHOLE), ClipVisionConfig.of(ModelConfig.parse("old", old.toString())));
  }
}
