package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.checkpoint.TensorType;
import io.github.gill.runtime.LinearLayers.Form;
import io.github.gill.testing.Micro;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
          Map.of("fc.weight", form));
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
