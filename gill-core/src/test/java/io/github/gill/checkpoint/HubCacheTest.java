package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCacheTest {

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void followsPythonsVariables() {
    Path home = Path.of("/home/u");
    assertEquals(
        Path.of("/a"),
        HubCache.fromEnvironment(Map.of("HF_HUB_CACHE", "/a", "HF_HOME", "/b"), home).root());
    assertEquals(
        Path.of("/b/hub"),
        HubCache.fromEnvironment(Map.of("HF_HUB_CACHE", "", "HF_HOME", "/b"), home).root());
    assertEquals(
        Path.of("/c/huggingface/hub"),
        HubCache.fromEnvironment(Map.of("XDG_CACHE_HOME", "/c"), home).root());
    assertEquals(
        Path.of("/home/u/.cache/huggingface/hub"), HubCache.fromEnvironment(Map.of(), home).root());
  }

  @Test
  void prefersWhatMainPointsToThenTheNewest() throws IOException {
    HubCache cache = new HubCache(folder);
    assertEquals(Optional.empty(), cache.find("facebook/opt-6.7b"));
    Path repository = folder.resolve("models--facebook--opt-6.7b");
    Path older = Files.createDirectories(repository.resolve("snapshots/aaa"));
    Path newer = Files.createDirectories(repository.resolve("snapshots/bbb"));
    Files.setLastModifiedTime(older, FileTime.fromMillis(1_000));
    assertEquals(Optional.of(newer), cache.find("facebook/opt-6.7b"));
    Path main = Files.createDirectories(repository.resolve("refs")).resolve("main");
    Files.writeString(main, "aaa\n");
    assertEquals(Optional.of(older), cache.find("facebook/opt-6.7b"));
    Files.writeString(main, "../../../etc");
    assertEquals(Optional.of(newer), cache.find("facebook/opt-6.7b"));
  }

  @Test
  void opensCheckpointsThroughLinks() throws IOException {
    Path repository = folder.resolve("models--o--n");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots/c"));
    Path blob = Files.createDirectories(repository.resolve("blobs")).resolve("0123");
    new SafetensorsWriter().floats("x", new float[] {1}, 1).write(blob);
    Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../../blobs/0123"));
    try (Checkpoint checkpoint = Checkpoints.open(new HubCache(folder).find("o/n").orElseThrow())) {
      assertEquals(1f, checkpoint.bytes("x").getFloat());
    }
  }
}
