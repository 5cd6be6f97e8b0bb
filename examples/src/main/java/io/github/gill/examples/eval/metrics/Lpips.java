package io.github.gill.examples.eval.metrics;

import io.github.gill.checkpoint.Layout;
import io.github.gill.runtime.ComputeDevice;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Map;

/**
 * The learned perceptual distance LPIPS over AlexNet, version 0.1 (Zhang et al. 2018), as the paper
 * measures it: both pictures resized to 256 × 256 first, bilinear and antialiased.
 *
 * <p>Not thread-safe; close it to free the weights.
 */
public final class Lpips implements AutoCloseable {

  private final PictureNetwork network;

  private Lpips(PictureNetwork network) {
    this.network = network;
  }

  /**
   * Loads the published weights, as PyTorch files or safetensors.
   *
   * @param alexnet torchvision's {@code alexnet-owt-*.pth}
   * @param linear the linear weights that come with lpips: {@code weights/v0.1/alex.pth}
   * @param device where to compute
   * @return the metric, which the caller closes
   * @throws io.github.gill.ModelFileException if a file is missing, damaged or does not fit
   */
  public static Lpips open(Path alexnet, Path linear, ComputeDevice device) {
    Layout.Builder trunk = Layout.builder("AlexNet").ignore("classifier\\..*");
    convolution(trunk, 0, 64, 3, 11);
    convolution(trunk, 3, 192, 64, 5);
    convolution(trunk, 6, 384, 192, 3);
    convolution(trunk, 8, 256, 384, 3);
    convolution(trunk, 10, 256, 256, 3);
    Layout.Builder weighting = Layout.builder("LPIPS' linear weights");
    int[] channels = {64, 192, 384, 256, 256};
    for (int i = 0; i < channels.length; i++) {
      weighting.tensor("lin" + i + ".model.1.weight", 1, channels[i], 1, 1);
    }
    Map<Path, Layout> parts = Map.of(alexnet, trunk.build(), linear, weighting.build());
    return new Lpips(new PictureNetwork("lpips.py", parts, device));
  }

  private static void convolution(Layout.Builder layout, int place, int out, int in, int side) {
    layout
        .tensor("features." + place + ".weight", out, in, side, side)
        .tensor("features." + place + ".bias", out);
  }

  /**
   * Compares two pictures.
   *
   * @param a any size
   * @param b any size
   * @return 0 for equal pictures; the larger, the less alike people find them
   */
  public double distance(BufferedImage a, BufferedImage b) {
    return network.run("distance", -1, 1, a, b)[0];
  }

  /** Frees the weights. */
  @Override
  public void close() {
    network.close();
  }
}
