package io.github.gill;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;

/**
 * Where and in which type the parts compute.
 *
 * @param language of the language model, the image encoder and the trained parts
 * @param languagePrecision of the same
 * @param diffusion of the image generator
 * @param diffusionPrecision of the same
 */
record Placement(
    ComputeDevice language,
    Precision languagePrecision,
    ComputeDevice diffusion,
    Precision diffusionPrecision) {}
