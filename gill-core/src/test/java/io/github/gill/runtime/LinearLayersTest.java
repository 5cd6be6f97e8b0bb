package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.LinearLayers.Form;
import io.github.gill.testing.Micro;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed linear layers against the same layer in fp32. */
class LinearLayersTest {

  private static final int OUTPUTS = 96;
  private static final int INPUTS = 256;

  @TempDir Path folder;

  /**
   * Activations hold one value a hundred times the others, as OPT's do; the tolerance is relative
   * to the largest output. In fp16 the weights are exact, 8 bits leave half of 1/127 of a row's
   * largest weight, 4 bits half of 1/15 of a group's range.
   */
  @ParameterizedTest
  @CsvSource({"FP16, 1, 1e-5", "FP16, 5, 1e-5", "INT8, 1, 1e-2", "INT8, 5, 1e-2", "INT4, 1, 0.2"})
  void computesWhatTheLayerDoesInFp32(Form form, int rows, double tolerance) {
    Random random = new Random(1);
    float[] weight = new float[OUTPUTS * INPUTS];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = Math.round(random.nextGaussian() * 64) / 64f; // fp16 has these numbers
    }
    float[] bias = gaussian(random, OUTPUTS);
    float[] x = gaussian(random, rows * INPUTS);
    x[7] = 100;
    Path file = folder.resolve("layer.safetensors");
    new SafetensorsWriter()
        .floats("fc.weight", weight, OUTPUTS, INPUTS)
        .floats("fc.bias", bias, OUTPUTS)
        .write(file);
    Layout layout =
        Layout.builder("a layer")
            .tensor("fc.weight", OUTPUTS, INPUTS)
            .tensor("fc.bias", OUTPUTS)
            .build();
    try (Checkpoint files = Checkpoints.open(file);
        Program plain = Program.load(LinearLayers.class, "linear.py");
        Program packed = Program.load(LinearLayers.class, "linear.py");
        Weights all = Weights.load(files, layout, ComputeDevice.CPU, Precision.FP32);
        Weights.Builder builder = Weights.builder(ComputeDevice.CPU, Precision.FP32);
        Scope scope = new Scope()) {
      builder.add(
          files,
          layout,
          "",
          name -> name.equals("fc.weight") ? Weights.Use.ELSEWHERE : Weights.Use.CONVERTED);
      LinearLayers.pack(
          packed,
          () -> Checkpoints.open(file),
          Map.of("fc.weight", "fc.weight"),
          Map.of("fc.weight", form),
          ComputeDevice.CPU);
      Value input = scope.floats(x, 1, rows, INPUTS);
      try (Weights rest = builder.build()) {
        Value y = packed.call(scope, "linear", rest, "fc", input);
        assertArrayEquals(new long[] {1, rows, OUTPUTS}, y.shape());
        double error =
            Micro.relativeError(
                plain.call(scope, "linear", all, "fc", input).toFloats(), y.toFloats());
        assertTrue(error < tolerance, form + " differs by " + error);
        assertTrue(form == Form.FP16 || error > 0, form + " is exact, so nothing was packed");
      }
    }
  }

  /** Half a step of 1/15 of the group's range, and the rounding of s and z to bfloat16. */
  @ParameterizedTest
  @ValueSource(ints = {32, 64, 128})
  void keepsInt4WeightsWithinHalfAStep(int group) {
    float[] weight = gaussian(new Random(2), OUTPUTS * INPUTS);
    try (Program program = Program.load(LinearLayers.class, "linear.py", "rounding.py");
        Scope scope = new Scope()) {
      float[] kept =
          program
              .call(scope, "int4_weight", scope.floats(weight, OUTPUTS, INPUTS), group)
              .toFloats();
      for (int from = 0; from < weight.length; from += group) {
        float[] own = Arrays.copyOfRange(weight, from, from + group);
        Arrays.sort(own);
        double range = own[group - 1] - own[0];
        double largest = Math.max(Math.abs(own[0]), own[group - 1]);
        double tolerance = range / 30 + (range + largest) * 0x1p-7;
        for (int i = from; i < from + group; i++) {
          assertEquals(weight[i], kept[i], tolerance, "weight " + i);
        }
      }
    }
  }

  /** What the CPU's kernel multiplies with is what the bytes for CUDA's kernel say. */
  @Test
  void packsTheSameInt4WeightsForBothDevices() {
    Random random = new Random(3);
    float[] weight = gaussian(random, OUTPUTS * INPUTS);
    float[] x = gaussian(random, 3 * INPUTS);
    try (Program program = Program.load(LinearLayers.class, "linear.py", "rounding.py");
        Scope scope = new Scope()) {
      Value w = scope.floats(weight, OUTPUTS, INPUTS);
      Value input = scope.floats(x, 3, INPUTS);
      Value unpacked = program.call(scope, "int4_weight", w, 64);
      double error =
          Micro.relativeError(
              program.call(scope, "product", unpacked, input).toFloats(),
              program.call(scope, "int4_product", w, input, 64).toFloats());
      assertTrue(error < 1e-2, "the outputs, in bfloat16, differ by " + error);
    }
  }

  /** CUDA's way with 8 bits, on the CPU: weights are widened to the type of the activations. */
  @ParameterizedTest
  @CsvSource({"6, 1e-2", "15, 3e-2"})
  void widensInt8Weights(int type, double tolerance) {
    Random random = new Random(4);
    float[] weight = gaussian(random, OUTPUTS * INPUTS);
    float[] x = gaussian(random, 2 * INPUTS);
    try (Program program = Program.load(LinearLayers.class, "linear.py", "rounding.py");
        Scope scope = new Scope()) {
      Value w = scope.floats(weight, OUTPUTS, INPUTS);
      Value input = scope.floats(x, 2, INPUTS);
      double error =
          Micro.relativeError(
              program.call(scope, "product", w, input).toFloats(),
              program.call(scope, "int8_product", w, input, type).toFloats());
      assertTrue(error > 0 && error < tolerance, "the outputs differ by " + error);
    }
  }

  /** CUDA's other way, on the CPU: the sums of whole numbers are those of the CPU's kernel. */
  @ParameterizedTest
  @CsvSource({"1, 6, 1e-6", "3, 15, 1e-2", "40, 6, 1e-6", "40, 15, 1e-2"})
  void multipliesInt8WeightsAsTheCpuDoes(int rows, int type, double tolerance) {
    Random random = new Random(6);
    float[] weight = gaussian(random, OUTPUTS * INPUTS);
    float[] x = gaussian(random, rows * INPUTS);
    x[7] = 100;
    try (Program program = Program.load(LinearLayers.class, "linear.py", "rounding.py");
        Program other = Program.load(LinearLayers.class, "linear.py", "rounding.py");
        Scope scope = new Scope()) {
      assertEquals(0, program.call(scope, "multiplies_int8", "cpu").toLong());
      Value w = scope.floats(weight, OUTPUTS, INPUTS);
      Value input = scope.floats(x, rows, INPUTS);
      double error =
          Micro.relativeError(
              other.call(scope, "int8_packed_product", w, input, type).toFloats(),
              program.call(scope, "int8_columns_product", w, input, type).toFloats());
      assertTrue(error < tolerance, "the outputs, of type " + type + ", differ by " + error);
    }
  }

  @ParameterizedTest
  @CsvSource({"256, 8", "192, 4", "96, 2", "768, 8"})
  void loadsAsManyTilesAsDivideTheInputs(int inputs, int tiles) {
    try (Program program = Program.load(LinearLayers.class, "linear.py");
        Scope scope = new Scope()) {
      assertEquals(tiles, program.call(scope, "inner_tiles", inputs).toLong());
    }
  }

  /** Outputs are bfloat16's. */
  @ParameterizedTest
  @CsvSource({"INT8, 1, 2e-2", "INT8, 40, 2e-2", "INT4, 1, 0.2", "INT4, 40, 0.2"})
  void computesOnADevice(Form form, int rows, double tolerance) {
    assumeTrue(Torch.cudaDevices() > 0, "libtorch has no CUDA device here");
    Random random = new Random(5);
    float[] weight = gaussian(random, OUTPUTS * INPUTS);
    Path file = folder.resolve("layer.safetensors");
    new SafetensorsWriter().floats("fc.weight", weight, OUTPUTS, INPUTS).write(file);
    Map<String, String> stored = Map.of("fc.weight", "fc.weight");
    ComputeDevice device = ComputeDevice.cuda(0);
    try (Program program = Program.load(LinearLayers.class, "linear.py", "rounding.py");
        Program placing = Program.load(Weights.class, "weights.py");
        Weights.Builder builder = Weights.builder(device, Precision.BF16);
        Scope scope = new Scope()) {
      LinearLayers.pack(
          program, () -> Checkpoints.open(file), stored, Map.of("fc.weight", form), device);
      Value input = scope.floats(gaussian(random, rows * INPUTS), rows, INPUTS);
      long[] shape = {rows, INPUTS};
      Value there = placing.call(scope, "place", input, 6, shape, "cuda:0", 15);
      builder.add("unused", new float[1], 1);
      try (Weights none = builder.build()) {
        Value y = program.call(scope, "linear", none, "fc", there);
        Value back = placing.call(scope, "place", y, 6, new long[] {rows, OUTPUTS}, "cpu", 6);
        Value w = scope.floats(weight, OUTPUTS, INPUTS);
        double error =
            Micro.relativeError(
                program.call(scope, "product", w, input).toFloats(), back.toFloats());
        assertTrue(error < tolerance, form + " differs by " + error);
      }
    }
  }

  @Test
  void choosesFormsByTypeShapeAndDevice() {
    TensorInfo half = info(TensorType.F16, 64, 256);
    TensorInfo odd = info(TensorType.F32, 24, 250);
    assertEquals(Form.FP16, form(half, Quantization.NONE));
    assertNull(form(info(TensorType.F32, 64, 256), Quantization.NONE));
    assertNull(form(info(TensorType.BF16, 64, 256), Quantization.NONE));
    assertEquals(Form.INT8, form(odd, Quantization.INT8));
    assertEquals(Form.INT4, form(half, Quantization.INT4));
    assertEquals(Form.INT8, form(odd, Quantization.INT4));
    assertNull(LinearLayers.form(half, Quantization.NONE, ComputeDevice.cuda(0), Precision.FP16));
    assertNull(LinearLayers.form(half, Quantization.NONE, ComputeDevice.CPU, Precision.BF16));
    assertNull(LinearLayers.form(half, Quantization.INT8, ComputeDevice.CPU, Precision.BF16));
    assertEquals(
        Form.INT4,
        LinearLayers.form(half, Quantization.INT4, ComputeDevice.cuda(1), Precision.BF16));
    assertEquals(
        Form.INT8,
        LinearLayers.form(odd, Quantization.INT4, ComputeDevice.cuda(1), Precision.FP16));
  }

  /** 4.25 bits for each weight where 128 inputs share a scale. */
  @Test
  void countsBytes() {
    TensorInfo info = info(TensorType.F16, 64, 256);
    assertEquals(64 * 256 * 2, LinearLayers.bytes(info, Form.FP16));
    assertEquals(64 * 256 + 64 * 8, LinearLayers.bytes(info, Form.INT8));
    assertEquals(64 * 256 * 17 / 32, LinearLayers.bytes(info, Form.INT4));
  }

  private static Form form(TensorInfo info, Quantization quantization) {
    return LinearLayers.form(info, quantization, ComputeDevice.CPU, Precision.FP32);
  }

  private static TensorInfo info(TensorType type, long rows, long columns) {
    return new TensorInfo(type, List.of(rows, columns));
  }

  private static float[] gaussian(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
