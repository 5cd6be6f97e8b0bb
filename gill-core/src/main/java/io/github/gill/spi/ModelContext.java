package io.github.gill.spi;

import io.github.gill.Limits;
import io.github.gill.NetworkPolicy;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.language.ModelArgs;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a part needs to open itself.
 *
 * @param folder the model folder
 * @param args {@code model_args.json}
 * @param trained the GILL checkpoint with its names normalised: neither {@code module.} nor {@code
 *     model.} before them; stays open until all parts are closed
 * @param hiddenSize D, the size of the language model's output states
 * @param diffusion the folder of the diffusion model, or null if there is none
 * @param device where the part computes
 * @param precision in which type it computes; scores, softmax and schedulers stay fp32
 * @param asStored whether weights stay in the files' types and are widened as they are used,
 *     because memory is short; parts may ignore it
 * @param limits what requests may ask for
 * @param network what may be fetched
 */
public record ModelContext(
    Path folder,
    ModelArgs args,
    Checkpoint trained,
    int hiddenSize,
    @Nullable Path diffusion,
    ComputeDevice device,
    Precision precision,
    boolean asStored,
    Limits limits,
    NetworkPolicy network) {

  /**
   * Tells another part of the same model where it goes.
   *
   * @param device where it computes
   * @param precision in which type it computes
   * @param asStored whether weights stay in the files' types
   * @return the same model with these
   */
  public ModelContext on(ComputeDevice device, Precision precision, boolean asStored) {
    return new ModelContext(
        folder, args, trained, hiddenSize, diffusion, device, precision, asStored, limits, network);
  }
}
