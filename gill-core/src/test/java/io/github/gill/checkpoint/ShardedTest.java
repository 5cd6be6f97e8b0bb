package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedTest extends CheckpointContract {

  @Override
  Path write(Path folder, Map<String, Sample> samples) {
    SafetensorsWriter writer = new SafetensorsWriter().shardBytes(8);
    samples.forEach((n, s) -> writer.tensor(n, s.info(), () -> ByteBuffer.wrap(s.content())));
    writer.write(folder.resolve("model.safetensors"));
    return folder;
  }

  private void writeTwo() {
    write(folder, new TreeMap<>(Map.of("x", Sample.floats(1, 2), "y", Sample.floats(3, 4))));
  }

  @Test
  void namesAMissingShard() throws IOException {
    writeTwo();
    Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
    String message = Refused.message(() -> Checkpoints.open(folder));
    assertEquals(
        "model.safetensors.index.json names model-00002-of-00002.safetensors, which is not beside"
            + " it; download the missing file",
        message);
  }

  @Test
  void namesATensorThatItsShardLacks() throws IOException {
    writeTwo();
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, Files.readString(index).replace("\"x\"", "\"w\""));
    String message = Refused.message(() -> Checkpoints.open(folder));
    assertTrue(message.startsWith("model-00001-of-00002.safetensors lacks \"w\""), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model.safetensors",
        "/etc/passwd",
        "..",
        ".",
        "",
        "sub/model.safetensors",
        "sub\\\\model.safetensors",
        "C:model.safetensors"
      })
  void refusesAnIndexThatLeavesItsFolder(String file) throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"x\":\"" + file + "\"}}");
    String message = Refused.message(() -> Checkpoints.open(folder));
    assertTrue(message.contains("not a plain file name"), message);
  }

  @Test
  void refusesAnIndexThatNamesItself() throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"x\":\"model.safetensors.index.json\"}}");
    assertThrows(ModelFileException.class, () -> Checkpoints.open(folder));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[]", "{}", "{\"weight_map\":{}}", "{\"weight_map\":{\"x\":[]}}", "{"})
  void refusesWhatIsNoIndex(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    String message = Refused.message(() -> Checkpoints.open(folder));
    assertTrue(message.startsWith("model.safetensors.index.json "), message);
  }
}
