package io.github.gill.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.PartReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A UNet whose 16-bit weights are widened as they are used, beside one of fp32 copies. */
class StoredWeightsIT {

  private static final int SIDE = 16; // latent pixels

  /** The same numbers in another order of summation: within 1e-5, relative. */
  @Test
  void predictsWhatCopiesInFp32Do(@TempDir Path folder) throws IOException {
    for (String part : List.of("unet", "vae", "scheduler")) {
      copy(Micro.DIFFUSION.resolve(part), folder.resolve(part));
    }
    halve(folder.resolve("unet/diffusion_pytorch_model.safetensors"));
    float[] sample = Arrays.copyOf(Micro.tensor("unet.sample"), 4 * SIDE * SIDE);
    List<Matrix> conditioning =
        List.of(Micro.matrix("uncond"), Micro.matrix("forced_image.image0.conditioning"));
    float[] copied = predict(folder, false, sample, conditioning);
    double error = Micro.error(copied, predict(folder, true, sample, conditioning));
    assertTrue(error < 1e-5, "predictions differ by " + error);
    assertEquals(2.0, (double) unetBytes(folder, false) / unetBytes(folder, true), 1e-3);
  }

  private static float[] predict(
      Path folder, boolean asStored, float[] sample, List<Matrix> conditioning) {
    try (Components parts = Components.open(folder, ComputeDevice.CPU, Precision.FP32, asStored);
        Scope scope = new Scope()) {
      Value state = parts.unet().prepare(scope, new float[] {501}, conditioning);
      return parts.unet().step(state, sample, 0, 2, 1, 4, SIDE, SIDE);
    }
  }

  private static long unetBytes(Path folder, boolean asStored) {
    return Components.inspect(folder, ComputeDevice.CPU, Precision.FP32, asStored).stream()
        .filter(report -> report.part().equals("diffusion unet"))
        .mapToLong(PartReport::weightBytes)
        .sum();
  }

  /** Rewrites a file in bfloat16, the upper half of each fp32 number. */
  private static void halve(Path file) {
    Path halved = file.resolveSibling("halved.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter();
    try (Checkpoint whole = Checkpoints.open(file)) {
      whole
          .tensors()
          .forEach(
              (name, info) ->
                  writer.tensor(
                      name,
                      new TensorInfo(TensorType.BF16, info.shape()),
                      () -> upperHalves(FloatTensors.read(whole, name))));
      writer.write(halved);
    }
    assertTrue(file.toFile().delete() && halved.toFile().renameTo(file.toFile()));
  }

  private static ByteBuffer upperHalves(float... numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(numbers.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      bytes.putShort((short) (Float.floatToIntBits(number) >>> Short.SIZE));
    }
    return bytes.flip();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.newDirectoryStream(from)) {
      for (Path file : files) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
