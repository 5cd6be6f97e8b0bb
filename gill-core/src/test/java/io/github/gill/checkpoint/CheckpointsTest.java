package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {

  private static final Path MICRO = Path.of("src/test/resources/micro");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  /** PyTorch and safetensors' own reader wrote the types, shapes and digests compared with. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "lm",
        "vision",
        "pretrained_ckpt.pth.tar",
        "decision_model.pth.tar",
        "diffusion/unet",
        "diffusion/vae",
        "diffusion/text_encoder",
        "diffusion/safety_checker"
      })
  void readsWhatPythonReads(String part) throws IOException, NoSuchAlgorithmException {
    var expected =
        JsonParser.parseString(
                Files.readString(Path.of("src/test/resources/checkpoint/micro-tensors.json")))
            .getAsJsonObject()
            .getAsJsonObject(part);
    try (Checkpoint checkpoint = Checkpoints.open(MICRO.resolve(part))) {
      assertEquals(expected.keySet(), checkpoint.tensors().keySet());
      for (Map.Entry<String, TensorInfo> tensor : checkpoint.tensors().entrySet()) {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(checkpoint.bytes(tensor.getKey()));
        assertEquals(
            expected.get(tensor.getKey()).getAsString(),
            "%s %s %s"
                .formatted(
                    tensor.getValue().type(),
                    tensor.getValue().shape().toString().replace(" ", ""),
                    HexFormat.of().formatHex(digest.digest()).substring(0, 16)),
            tensor.getKey());
      }
    }
  }

  @Test
  void prefersFullPrecisionThenSafetensorsThenTheFirstName() throws IOException {
    String[] worstFirst = {
      "other.bf16.safetensors",
      "model.fp16.bin",
      "model.safetensors.index.fp16.json",
      "model.fp16.safetensors",
      "pytorch_model.bin.index.json",
      "pytorch_model.bin",
      "diffusion_pytorch_model.safetensors",
      "model.safetensors.index.json",
      "model.safetensors",
    };
    for (int i = 0; i < worstFirst.length; i++) {
      Files.createFile(folder.resolve(worstFirst[i]));
      if (i > 0) {
        assertEquals(
            worstFirst[i], Checkpoints.find(folder).orElseThrow().getFileName().toString());
      }
    }
    assertEquals(
        "other.bf16.safetensors",
        Checkpoints.find(folder, "other").orElseThrow().getFileName().toString());
  }

  @Test
  void saysWhatAFolderHoldsInstead() throws IOException {
    Files.createFile(folder.resolve("tf_model.h5"));
    String message = Refused.message(() -> Checkpoints.open(folder, "gill"));
    assertTrue(message.endsWith("whole or with an index; it has tf_model.h5"), message);
  }

  @Test
  void namesWhatIsNotThereOrNotACheckpoint() throws IOException {
    Path missing = folder.resolve("none.safetensors");
    assertEquals(
        missing + " does not exist; check the model folder",
        Refused.message(() -> Checkpoints.open(missing)));
    Path pointer = Files.writeString(folder.resolve("a.bin"), "version https://git-lfs.github.com");
    assertTrue(Refused.message(() -> Checkpoints.open(pointer)).contains("git lfs pull"));
    Path html = Files.writeString(folder.resolve("b.bin"), "<html>Not found</html>");
    assertEquals(
        "b.bin is neither safetensors nor a PyTorch archive (it begins with 3c 68 74 6d 6c 3e 4e 6f"
            + " 74); download it again",
        Refused.message(() -> Checkpoints.open(html)));
  }
}
