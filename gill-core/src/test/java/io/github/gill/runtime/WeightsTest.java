package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The way of a checkpoint's bytes to a device; where there is none, the CPU stands for it. */
class WeightsTest {

  private static final int ROWS = 7;
  private static final int COLUMNS = 6;
  private static final String HELPERS =
      """
      def as_stored(self: __torch__.Net, x: Tensor, type: int) -> Tensor:
        x = x.to(type)
        return torch.view_copy(x, dtype=1) if type == 15 else x
      def widened(self: __torch__.Net, x: Tensor) -> Tensor:
        return x.to(6).cpu().contiguous(memory_format=0)
      def last_axis_step(self: __torch__.Net, x: Tensor) -> int:
        return x.stride(1)
      """;

  @TempDir Path folder;

  /** In buffers of 8 numbers, 42 take six turns, 84 bytes of bfloat16 eleven; 1,000 take one. */
  @ParameterizedTest
  @CsvSource({
    "6, 6, 8",
    "6, 15, 8",
    "5, 5, 8",
    "5, 6, 8",
    "15, 15, 8",
    "15, 6, 8",
    "15, 5, 1000",
    "6, 6, 42"
  })
  void uploadsThroughBuffersWhatPlacingGives(int stored, int type, int count) {
    float[] numbers = numbers();
    long[] shape = {ROWS, COLUMNS};
    try (Program program = Program.load(Weights.class, "weights.py");
        Program helpers = Program.compile("helpers", HELPERS);
        Scope scope = new Scope()) {
      Value x = helpers.call(scope, "as_stored", scope.floats(numbers, numbers.length), stored);
      Value placed = program.call(scope, "place", x, stored, shape, "cpu", type);
      Value uploaded = program.call(scope, "upload", x, stored, shape, "cpu", type, count, false);
      assertArrayEquals(shape, uploaded.shape());
      assertArrayEquals(
          helpers.call(scope, "widened", placed).toFloats(),
          helpers.call(scope, "widened", uploaded).toFloats(),
          0);
    }
  }

  @Test
  void uploadsKernelsWithTheirChannelsLast() {
    float[] numbers = numbers();
    try (Program program = Program.load(Weights.class, "weights.py");
        Program helpers = Program.compile("helpers", HELPERS);
        Scope scope = new Scope()) {
      long[] shape = {ROWS, 3, 2, 1};
      Value x = scope.floats(numbers, numbers.length);
      Value kernel = program.call(scope, "upload", x, 6, shape, "cpu", 6, 8, false);
      assertArrayEquals(numbers, helpers.call(scope, "widened", kernel).toFloats(), 0);
      assertEquals(1, helpers.call(scope, "last_axis_step", kernel).toLong());
    }
  }

  @Test
  void uploadsToADevice() {
    assumeTrue(Torch.cudaDevices() > 0, "libtorch has no CUDA device here");
    float[] numbers = numbers();
    Path file = folder.resolve("w.safetensors");
    new SafetensorsWriter().floats("w", numbers, ROWS, COLUMNS).write(file);
    Layout layout = Layout.builder("a matrix").tensor("w", ROWS, COLUMNS).build();
    long before = Value.alive();
    try (Checkpoint files = Checkpoints.open(file);
        Weights weights = Weights.load(files, layout, ComputeDevice.cuda(0), Precision.FP32);
        Program helpers =
            Program.compile(
                "helpers",
                """
                def back(self: __torch__.Net, w: Dict[str, Tensor]) -> Tensor:
                  return w["w"]
                """);
        Scope scope = new Scope()) {
      assertArrayEquals(numbers, helpers.call(scope, "back", weights).toFloats(), 0);
    }
    assertEquals(before, Value.alive());
  }

  private static float[] numbers() {
    Random random = new Random(1);
    float[] numbers = new float[ROWS * COLUMNS];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
