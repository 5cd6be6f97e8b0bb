package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.GillException;
import io.github.gill.ModelFileException;
import io.github.gill.testing.ChildProcess;
import io.github.gill.vision.PngWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A JVM whose files cannot grow beyond one or two MiB, as on a disk that fills up. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs ulimit")
class DiskFullTest {

  private static final byte[] OLD = {1, 2, 3};

  @TempDir Path folder;
  @TempDir Path elsewhere;

  @Test
  void leavesOldFilesAndNoHalves() throws Exception {
    for (String name : Writing.NAMES) {
      Files.write(folder.resolve(name), OLD);
    }
    Path large = Files.write(elsewhere.resolve("large"), new byte[3 << 20]);
    String output = ChildProcess.of(Writing.class).after("ulimit -f 2048").run(folder, large);
    for (String name : Writing.NAMES) {
      assertTrue(output.contains(name + " cannot be written"), output);
      assertArrayEquals(OLD, Files.readAllBytes(folder.resolve(name)), name);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(Writing.NAMES.size(), files.count(), "halves are deleted");
    }
    Writing.main(new String[] {folder.toString(), large.toString()});
    for (String name : Writing.NAMES) {
      assertTrue(Files.size(folder.resolve(name)) > 2 << 20, name);
    }
  }

  /** What the child does, and what then works where there is room. */
  static final class Writing {
    static final List<String> NAMES = List.of("picture.png", "tensors.safetensors", "copy.json");

    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      int side = 1000;
      BufferedImage noise = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
      noise.setRGB(0, 0, side, side, new Random(1).ints((long) side * side).toArray(), 0, side);
      Path picture = folder.resolve(NAMES.get(0));
      attempt(() -> PngWriter.write(noise, Map.of(), picture));
      attempt(
          () ->
              new SafetensorsWriter()
                  .floats("x", new float[1 << 20], 1 << 20)
                  .write(folder.resolve(NAMES.get(1))));
      attempt(
          () -> {
            try {
              AtomicFile.copy(Path.of(args[1]), folder.resolve(NAMES.get(2)));
            } catch (IOException e) {
              throw new ModelFileException(NAMES.get(2) + " cannot be written: " + e, e);
            }
          });
    }

    private static void attempt(Runnable write) {
      try {
        write.run();
      } catch (GillException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
