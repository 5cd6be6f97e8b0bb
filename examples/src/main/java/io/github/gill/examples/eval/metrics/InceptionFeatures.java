package io.github.gill.examples.eval.metrics;

import io.github.gill.runtime.ComputeDevice;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Map;

/**
 * The features that FID and KID are measured over: the last average pool of the Inception v3 that
 * FID was defined with (Heusel et al. 2017), in PyTorch's port of its weights.
 *
 * <p>Pictures are resized to 299 × 299, bilinear and without antialiasing, as that port does. Not
 * thread-safe; close it to free the weights.
 */
public final class InceptionFeatures implements AutoCloseable {

  private final PictureNetwork network;

  private InceptionFeatures(PictureNetwork network) {
    this.network = network;
  }

  /**
   * Loads the published weights.
   *
   * @param file {@code pt_inception-2015-12-05-6726825d.pth}, or the same tensors as safetensors
   * @param device where to compute
   * @return the network, which the caller closes
   * @throws io.github.gill.ModelFileException if the file is missing, damaged or does not fit
   */
  public static InceptionFeatures open(Path file, ComputeDevice device) {
    return new InceptionFeatures(
        new PictureNetwork("inception.py", Map.of(file, InceptionLayout.layout()), device));
  }

  /**
   * Computes a picture's features.
   *
   * @param picture any size
   * @return 2048 numbers
   */
  public double[] features(BufferedImage picture) {
    float[] features = network.run("forward", 0, 1, picture);
    double[] row = new double[features.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = features[i];
    }
    return row;
  }

  /** Frees the weights. */
  @Override
  public void close() {
    network.close();
  }
}
