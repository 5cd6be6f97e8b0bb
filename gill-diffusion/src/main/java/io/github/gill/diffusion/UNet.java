package io.github.gill.diffusion;

import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;
import java.util.List;

/**
 * The denoising network on its device.
 *
 * <p>Called by one thread at a time per device.
 */
final class UNet implements AutoCloseable {

  private final UNetConfig config;
  private final Program program;
  private final Weights weights;

  /**
   * Makes a network.
   *
   * @param config its shape
   * @param weights loaded by {@link UNetLayout}; closed with the network
   */
  UNet(UNetConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
    this.program = PackedLayers.load(UNet.class, "unet.py");
  }

  UNetConfig config() {
    return config;
  }

  /**
   * Computes what all steps of a run share: time shifts and cross-attention's keys and values.
   *
   * @param scope the owner of the result
   * @param timesteps those of the run, by step
   * @param conditioning one T × C matrix per entry of the network's batch: under guidance the
   *     unconditional ones of all pictures, then the conditional ones
   * @return the state that {@link #step} takes
   */
  Value prepare(Scope scope, float[] timesteps, List<Matrix> conditioning) {
    int tokens = conditioning.get(0).rows();
    int size = conditioning.get(0).columns();
    float[] batch = new float[conditioning.size() * tokens * size];
    for (int b = 0; b < conditioning.size(); b++) {
      System.arraycopy(conditioning.get(b).values(), 0, batch, b * tokens * size, tokens * size);
    }
    return program.call(
        scope,
        "prepare",
        weights,
        scope.floats(timesteps, timesteps.length),
        scope.floats(batch, conditioning.size(), tokens, size),
        config.cosineFirst(),
        config.frequencyShift());
  }

  /**
   * Predicts the noise of latents.
   *
   * @param state from {@link #prepare}
   * @param latents n × 4 × h × w, as the scheduler scaled them
   * @param i the step's index in the timesteps that the state was prepared for
   * @param guidance the scale of classifier-free guidance; at 1 or below the state has one entry
   *     per picture
   * @param shape n, 4, h, w
   * @return the guided prediction, shaped as the latents
   */
  float[] step(Value state, float[] latents, int i, double guidance, long... shape) {
    try (Scope scope = new Scope()) {
      return program
          .call(
              scope,
              "step",
              weights,
              state,
              scope.floats(latents, shape),
              i,
              guidance,
              config.headsByLevel(),
              config.groups(),
              config.epsilon(),
              config.upcastAttention())
          .toFloats();
    }
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
