package io.github.gill.retrieval;

import io.github.gill.Limits;
import io.github.gill.NetworkPolicy;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.RenamedCheckpoint;
import io.github.gill.language.ModelArgs;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.spi.ModelContext;
import java.nio.file.Path;

/** The small random-weight model that the original has answered for. */
final class Micro {

  static final Path FOLDER = Path.of("../gill-core/src/test/resources/micro").toAbsolutePath();

  private Micro() {}

  static Checkpoint trained() {
    return new RenamedCheckpoint(
        Checkpoints.open(FOLDER, "pretrained_ckpt"),
        name -> name.replace("module.", "").replaceFirst("^model\\.", ""));
  }

  static ModelContext context(Path folder, Checkpoint trained) {
    ModelArgs args = ModelArgs.read(FOLDER);
    return new ModelContext(
        folder,
        args,
        trained,
        96,
        null,
        ComputeDevice.CPU,
        Precision.FP32,
        false,
        Limits.DEFAULTS,
        NetworkPolicy.OFFLINE);
  }

  /** Heads whose keys have a given size; their weights matter to fingerprints only. */
  static RetrievalHeads heads(int size, float scale) {
    LinearLayer layer = new LinearLayer(new float[size * 2], new float[size]);
    return new RetrievalHeads(layer, layer, scale);
  }
}
