package io.github.gill.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.testing.Micro;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelArgsTest {

  @Test
  void readsTheOriginalsFile() {
    assertEquals(
        new ModelArgs(
            "facebook/opt-micro", "openai/clip-vit-micro", 4, 64, 768, 8, 77, "gill_mapper"),
        ModelArgs.read(Micro.FOLDER));
  }

  @Test
  void readsItsPredecessorsFile() {
    ModelArgs args =
        parse("{\"shared_emb_dim\":128,\"n_visual_tokens\":1,\"retrieval_token_idx\":[50266]}");
    assertEquals(128, args.retrievalSize());
    assertEquals(1, args.imageTokens());
  }

  @Test
  void takesTheLastLayersNumberForTheLastLayer(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("model_args.json"), "{\"text_emb_layers\":[3]}");
    assertThrows(ModelFileException.class, () -> ModelArgs.read(folder));
    Path lm = Files.createDirectory(folder.resolve("lm")).resolve("config.json");
    Files.writeString(lm, "{\"num_hidden_layers\":4}");
    assertThrows(ModelFileException.class, () -> ModelArgs.read(folder));
    Files.writeString(lm, "{\"num_hidden_layers\":3}");
    assertEquals(parse("{}"), ModelArgs.read(folder));
  }

  @Test
  void refusesWhatItCannotRun() {
    assertRefused("{\"text_emb_layers\":[-1,-2]}", "text_emb_layers is [-1,-2], expected [-1]");
    assertRefused("{\"share_ret_gen\":false}", "share_ret_gen is false, expected true");
    assertRefused("{\"ret_text_fc_mode\":\"mlp\"}", "ret_text_fc_mode is \"mlp\"");
    assertRefused("{\"num_tokens\":\"many\"}", "\"num_tokens\" is \"many\", expected an integer");
    assertRefused("{\"num_tokens\":0}", "num_tokens is 0, expected 1 to 1000");
    assertRefused("[]", "is not a JSON object");
    assertRefused("{", "is not valid JSON");
  }

  private static void assertRefused(String json, String words) {
    String message = assertThrows(ModelFileException.class, () -> parse(json)).getMessage();
    assertTrue(message.contains(words), message);
  }

  private static ModelArgs parse(String json) {
    return ModelArgs.of(ModelConfig.parse("model_args.json", json), () -> -1);
  }
}
