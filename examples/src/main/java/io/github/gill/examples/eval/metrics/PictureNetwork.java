package io.github.gill.examples.eval.metrics;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A published network over pictures, in fp32, with the files of its weights. */
final class PictureNetwork implements AutoCloseable {

  private final List<Checkpoint> files = new ArrayList<>();
  private final Program program;
  private final Weights weights;

  /**
   * Loads a network.
   *
   * @param programName its file under {@code src/main/torchscript}
   * @param parts the files of its weights with what each must hold
   * @param device where to compute
   * @throws io.github.gill.ModelFileException if a file is missing, damaged or does not fit
   */
  PictureNetwork(String programName, Map<Path, Layout> parts, ComputeDevice device) {
    try (Weights.Builder builder = Weights.builder(device, Precision.FP32)) {
      parts.forEach(
          (path, layout) -> {
            Checkpoint file = Checkpoints.open(path);
            files.add(file);
            builder.add(file, layout);
          });
      program = Program.load(PictureNetwork.class, programName);
      weights = builder.build();
    } catch (RuntimeException e) {
      files.forEach(Checkpoint::close);
      throw e;
    }
  }

  /**
   * Runs a method of the program on pictures.
   *
   * @param method takes the weights and a (1, 3, H, W) tensor per picture
   * @param black what black samples become
   * @param white what white samples become; those between follow linearly
   * @param pictures any sizes
   * @return what the method returns
   */
  float[] run(String method, double black, double white, BufferedImage... pictures) {
    try (Scope scope = new Scope()) {
      Object[] arguments = new Object[pictures.length + 1];
      arguments[0] = weights;
      for (int i = 0; i < pictures.length; i++) {
        arguments[i + 1] = pixels(scope, pictures[i], black, white);
      }
      return program.call(scope, method, arguments).toFloats();
    }
  }

  private static Value pixels(Scope scope, BufferedImage picture, double black, double white) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    int[] rgb = picture.getRGB(0, 0, width, height, null, 0, width);
    float[] values = new float[3 * rgb.length];
    for (int i = 0; i < rgb.length; i++) {
      for (int c = 0; c < 3; c++) {
        int sample = rgb[i] >> (16 - 8 * c) & 255;
        values[c * rgb.length + i] = (float) (black + sample / 255.0 * (white - black));
      }
    }
    return scope.floats(values, 1, 3, height, width);
  }

  /** Frees the weights and closes their files. */
  @Override
  public void close() {
    weights.close();
    program.close();
    files.forEach(Checkpoint::close);
    files.clear();
  }
}
