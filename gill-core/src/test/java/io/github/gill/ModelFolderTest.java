package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.checkpoint.HubCache;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.language.ModelArgs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {

  private static final Path MANIFESTS = Path.of("../models/manifests");
  private static final ModelArgs ARGS =
      new ModelArgs("facebook/opt-6.7b", "openai/clip", 4, 256, 768, 8, 77, "gill_mapper");

  @TempDir Path root;

  @Test
  void prefersTheSettingThenTheFolderThenTheCache() throws IOException {
    HubCache cache = new HubCache(root.resolve("hub"));
    Path cached =
        Files.createDirectories(
            root.resolve("hub/models--facebook--opt-6.7b/snapshots/0123456789abcdef"));
    assertEquals(cached, folder(null, cache).languageModel(ARGS));
    Path inside = Files.createDirectories(root.resolve("lm"));
    assertEquals(inside, folder(null, cache).languageModel(ARGS));
    Path setting = Files.createDirectories(root.resolve("elsewhere"));
    assertEquals(setting, folder(setting, cache).languageModel(ARGS));
    assertNull(folder(null, cache).diffusion());
  }

  @Test
  void saysWhereItLookedAndThatNothingIsDownloaded() {
    HubCache cache = new HubCache(root.resolve("hub"));
    String message =
        assertThrows(ModelFileException.class, () -> folder(null, cache).vision(ARGS)).getMessage();
    assertTrue(message.contains("the image encoder is neither in"), message);
    assertTrue(message.contains("nor in the Hugging Face cache as openai/clip"), message);
    assertTrue(message.contains("allow downloads"), message);
  }

  @Test
  void namesATrainedCheckpointThatIsMissing() {
    String message =
        assertThrows(ModelFileException.class, () -> folder(null, new HubCache(root)).openTrained())
            .getMessage();
    assertTrue(message.contains("neither gill.safetensors nor pretrained_ckpt.pth.tar"), message);
  }

  /** Every manifest of gill-models parses and names a configuration, weights and its licence. */
  @Test
  void readsTheManifestsOfTheRealCheckpoints() throws IOException {
    List<String> repositories = new ArrayList<>();
    try (Stream<Path> files = Files.list(MANIFESTS)) {
      for (Path file : files.toList()) {
        ModelManifest manifest = ModelManifest.of(ModelConfig.read(file));
        repositories.add(manifest.repository());
        assertEquals(
            manifest.repository().replace("/", "--") + ".json", file.getFileName().toString());
        assertTrue(manifest.files().stream().anyMatch(f -> f.path().endsWith("config.json")));
        assertTrue(
            manifest.files().stream().anyMatch(f -> f.path().matches(".*(bin|safetensors)")));
        assertTrue(manifest.gigabytes() > 1 && manifest.licence().length() > 2);
      }
    }
    assertTrue(repositories.contains(ARGS.optVersion()));
  }

  private ModelFolder folder(Path languageModel, HubCache cache) {
    return new ModelFolder(root, languageModel, null, null, cache, null);
  }
}
