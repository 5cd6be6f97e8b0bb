/**
 * What CUDA devices this machine has, through the JavaCPP CUDA presets.
 *
 * <p>Start at {@link io.github.gill.cuda.CudaDevices}. Everything is loaded lazily and fails
 * softly: a machine without a driver, or without the presets' native part, reports why it has no
 * CUDA.
 */
@NullMarked
package io.github.gill.cuda;

import org.jspecify.annotations.NullMarked;
