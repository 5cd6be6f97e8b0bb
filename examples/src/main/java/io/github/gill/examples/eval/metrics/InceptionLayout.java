package io.github.gill.examples.eval.metrics;

import io.github.gill.checkpoint.Layout;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tensors of Inception v3 without its classifier, under torchvision's names. */
final class InceptionLayout {

  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  private InceptionLayout() {}

  static Layout layout() {
    Layout.Builder layout =
        Layout.builder("Inception v3").ignore("fc\\..*|AuxLogits\\..*|.*\\.num_batches_tracked");
    shapes().forEach(layout::tensor);
    return layout.build();
  }

  static Map<String, long[]> shapes() {
    InceptionLayout inception = new InceptionLayout();
    inception.unit("Conv2d_1a_3x3", 3, 32, 3, 3);
    inception.unit("Conv2d_2a_3x3", 32, 32, 3, 3);
    inception.unit("Conv2d_2b_3x3", 32, 64, 3, 3);
    inception.unit("Conv2d_3b_1x1", 64, 80, 1, 1);
    inception.unit("Conv2d_4a_3x3", 80, 192, 3, 3);
    inception.narrow("Mixed_5b.", 192, 32);
    inception.narrow("Mixed_5c.", 256, 64);
    inception.narrow("Mixed_5d.", 288, 64);
    inception.unit("Mixed_6a.branch3x3", 288, 384, 3, 3);
    inception.triple("Mixed_6a.branch3x3dbl_", 288);
    inception.middle("Mixed_6b.", 128);
    inception.middle("Mixed_6c.", 160);
    inception.middle("Mixed_6d.", 160);
    inception.middle("Mixed_6e.", 192);
    inception.unit("Mixed_7a.branch3x3_1", 768, 192, 1, 1);
    inception.unit("Mixed_7a.branch3x3_2", 192, 320, 3, 3);
    inception.unit("Mixed_7a.branch7x7x3_1", 768, 192, 1, 1);
    inception.unit("Mixed_7a.branch7x7x3_2", 192, 192, 1, 7);
    inception.unit("Mixed_7a.branch7x7x3_3", 192, 192, 7, 1);
    inception.unit("Mixed_7a.branch7x7x3_4", 192, 192, 3, 3);
    inception.wide("Mixed_7b.", 1280);
    inception.wide("Mixed_7c.", 2048);
    return inception.shapes;
  }

  private void narrow(String block, int in, int pooled) {
    unit(block + "branch1x1", in, 64, 1, 1);
    unit(block + "branch5x5_1", in, 48, 1, 1);
    unit(block + "branch5x5_2", 48, 64, 5, 5);
    triple(block + "branch3x3dbl_", in);
    unit(block + "branch_pool", in, pooled, 1, 1);
  }

  private void triple(String branch, int in) {
    unit(branch + 1, in, 64, 1, 1);
    unit(branch + 2, 64, 96, 3, 3);
    unit(branch + 3, 96, 96, 3, 3);
  }

  private void middle(String block, int inner) {
    unit(block + "branch1x1", 768, 192, 1, 1);
    unit(block + "branch7x7_1", 768, inner, 1, 1);
    unit(block + "branch7x7_2", inner, inner, 1, 7);
    unit(block + "branch7x7_3", inner, 192, 7, 1);
    unit(block + "branch7x7dbl_1", 768, inner, 1, 1);
    unit(block + "branch7x7dbl_2", inner, inner, 7, 1);
    unit(block + "branch7x7dbl_3", inner, inner, 1, 7);
    unit(block + "branch7x7dbl_4", inner, inner, 7, 1);
    unit(block + "branch7x7dbl_5", inner, 192, 1, 7);
    unit(block + "branch_pool", 768, 192, 1, 1);
  }

  private void wide(String block, int in) {
    unit(block + "branch1x1", in, 320, 1, 1);
    unit(block + "branch3x3_1", in, 384, 1, 1);
    unit(block + "branch3x3_2a", 384, 384, 1, 3);
    unit(block + "branch3x3_2b", 384, 384, 3, 1);
    unit(block + "branch3x3dbl_1", in, 448, 1, 1);
    unit(block + "branch3x3dbl_2", 448, 384, 3, 3);
    unit(block + "branch3x3dbl_3a", 384, 384, 1, 3);
    unit(block + "branch3x3dbl_3b", 384, 384, 3, 1);
    unit(block + "branch_pool", in, 192, 1, 1);
  }

  /** A convolution without bias and its batch norm. */
  private void unit(String name, int in, int out, int height, int width) {
    shapes.put(name + ".conv.weight", new long[] {out, in, height, width});
    for (String vector : new String[] {"weight", "bias", "running_mean", "running_var"}) {
      shapes.put(name + ".bn." + vector, new long[] {out});
    }
  }
}
