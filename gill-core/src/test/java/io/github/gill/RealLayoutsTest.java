package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.language.OptConfig;
import io.github.gill.vision.ClipVisionConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names and shapes of the real checkpoints' tensors pass the loader's check. */
class RealLayoutsTest {

  private static final Path LAYOUTS = Path.of("src/test/resources/layouts");

  @ParameterizedTest
  @ValueSource(strings = {"opt-6.7b", "opt-125m"})
  void knowsEveryTensorOfTheLanguageModels(String name) {
    ModelConfig json = ModelConfig.read(LAYOUTS.resolve(name + ".json"));
    Layout layout = OptConfig.of(json.object("config")).layout();
    Map<String, TensorInfo> tensors = tensors(json);
    Map<String, String> found = layout.match(name, tensors);
    assertEquals(
        tensors.keySet().stream().filter(t -> !t.contains("lm_head")).count(), found.size());
  }

  @Test
  void knowsEveryTensorOfTheImageEncoder() {
    ModelConfig json = ModelConfig.read(LAYOUTS.resolve("clip-vit-large-patch14.json"));
    Layout layout = ClipVisionConfig.of(json.object("config")).layout().build();
    Map<String, TensorInfo> tensors = tensors(json);
    Map<String, String> found = layout.match("clip", tensors);
    assertEquals(
        tensors.keySet().stream()
            .filter(t -> t.startsWith("vision_model.") || t.startsWith("visual_projection"))
            .filter(t -> !t.endsWith("position_ids"))
            .count(),
        found.size());
  }

  @Test
  void bringsTheTrainedNamesIntoOneForm() {
    ModelConfig json = ModelConfig.read(LAYOUTS.resolve("gill-opt-pretrained_ckpt.json"));
    List<String> names = tensors(json).keySet().stream().map(TrainedNames::normalise).toList();
    assertTrue(names.contains("visual_embeddings.weight"));
    assertTrue(names.contains("input_embeddings.weight"));
    assertTrue(names.contains("gen_text_hidden_fcs.0.model.weight"));
    assertTrue(names.contains("ret_text_hidden_fcs.0.model.weight"));
    assertTrue(names.stream().noneMatch(name -> name.contains("module.")));
    assertEquals("logit_scale", TrainedNames.normalise("model.logit_scale"));
    assertEquals(
        "ret_text_hidden_fcs.0.model.weight",
        TrainedNames.normalise("module.model.text_hidden_fcs.0.0.weight"));
  }

  @Test
  void namesTheTensorOfAnotherSize() {
    ModelConfig json = ModelConfig.read(LAYOUTS.resolve("opt-125m.json"));
    Layout larger =
        OptConfig.of(ModelConfig.read(LAYOUTS.resolve("opt-6.7b.json")).object("config")).layout();
    String message =
        assertThrows(ModelFileException.class, () -> larger.match("opt-125m", tensors(json)))
            .getMessage();
    assertTrue(message.contains("opt-125m does not fit OPT: missing model.decoder."), message);
    assertTrue(message.contains("expected [50272, 4096]"), message);
  }

  private static Map<String, TensorInfo> tensors(ModelConfig json) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    JsonParser.parseString(json.object("tensors").json())
        .getAsJsonObject()
        .entrySet()
        .forEach(
            entry -> {
              List<Long> shape = new ArrayList<>();
              for (JsonElement axis : entry.getValue().getAsJsonArray()) {
                shape.add(axis.getAsLong());
              }
              tensors.put(entry.getKey(), new TensorInfo(TensorType.F16, shape));
            });
    return tensors;
  }
}
