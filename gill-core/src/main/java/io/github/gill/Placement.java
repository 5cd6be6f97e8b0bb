package io.github.gill;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;

/**
 * Where and in which type the parts compute.
 *
 * @param language of the language model, the image encoder and the trained parts
 * @param languagePrecision of the same
 * @param quantization how the language model's linear layers are kept
 * @param diffusion of the image generator
 * @param diffusionPrecision of the same
 * @param diffusionAsStored whether its weights stay in the files' types and are widened as they are
 *     used: slower, the same numbers, and as much memory as the files have bytes
 */
record Placement(
    ComputeDevice language,
    Precision languagePrecision,
    Quantization quantization,
    ComputeDevice diffusion,
    Precision diffusionPrecision,
    boolean diffusionAsStored) {

  /** Names what a caller can change. */
  String settings() {
    String diffusionPlace = diffusion.equals(language) ? "" : ", diffusion on " + diffusion;
    return "quantization "
        + quantization
        + (diffusionAsStored ? ", diffusion weights as stored" : "")
        + diffusionPlace;
  }
}
