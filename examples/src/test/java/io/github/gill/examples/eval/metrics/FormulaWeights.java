package io.github.gill.examples.eval.metrics;

import io.github.gill.checkpoint.SafetensorsWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Weights that follow from their names, so that a reference elsewhere computes the same ones.
 *
 * <p>The i-th number of a tensor is the 24 highest bits of SplitMix64 at step i + 1 from the CRC-32
 * of the name, as u from −1 to 1. Tensors of several axes are u · √(3 · gain / fan-in), vectors
 * named {@code …weight} or {@code …var} are 1 + u / 5, all others u / 10.
 */
final class FormulaWeights {

  private FormulaWeights() {}

  static float[] of(String name, double gain, long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    double fanIn = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < values.length; i++) {
      long x = crc.getValue() + (i + 1) * 0x9E3779B97F4A7C15L;
      x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
      x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
      x ^= x >>> 31;
      double u = 2 * ((x >>> 40) / 0x1p24) - 1;
      if (shape.length > 1) {
        values[i] = (float) (u * Math.sqrt(3 * gain / fanIn));
      } else {
        boolean scale = name.endsWith("weight") || name.endsWith("var");
        values[i] = (float) (scale ? 1 + 0.2 * u : 0.1 * u);
      }
    }
    return values;
  }

  /** Writes a checkpoint of such tensors. */
  static Path write(Path file, double gain, Map<String, long[]> shapes) {
    SafetensorsWriter writer = new SafetensorsWriter();
    shapes.forEach((name, shape) -> writer.floats(name, of(name, gain, shape), shape));
    return writer.write(file);
  }
}
