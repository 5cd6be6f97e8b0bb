/**
 * Runs networks that ship as TorchScript source on DJL's PyTorch engine.
 *
 * <p>Start at {@link io.github.gill.runtime.Program}: a readable file under {@code
 * src/main/torchscript} compiled in memory. {@link io.github.gill.runtime.Weights} holds a
 * network's parameters under the hub's names; {@link io.github.gill.runtime.Scope} owns every
 * native value of one call and frees it; {@link io.github.gill.runtime.Value} is such a value.
 * {@link io.github.gill.runtime.ComputeDevice} and {@link io.github.gill.runtime.Precision} say
 * where and in which type a network runs.
 *
 * <p>Data flows one way: Java numbers enter through a scope, programs turn values into values, and
 * only Java numbers leave. Nothing here asks DJL for a tensor's type, because DJL 0.35 ends the
 * process when it meets bfloat16.
 */
@NullMarked
package io.github.gill.runtime;

import org.jspecify.annotations.NullMarked;
