/**
 * Samplers: how noise becomes latents in a given number of steps.
 *
 * <p>Start at {@link io.github.gill.diffusion.scheduler.SchedulerConfig}, which reads a model's
 * {@code scheduler_config.json} and makes a {@link io.github.gill.diffusion.scheduler.Scheduler} of
 * any kind for one run. A scheduler knows the timesteps, prepares the latents for the network and
 * turns each of its predictions into the latents of the next step; it holds the history that
 * multistep methods need, so it serves one run of one thread.
 *
 * <p>Everything is fp32 on the heap: latents are a few hundred kilobytes, so the arithmetic costs
 * nothing beside the network's, and its order of operations stays that of diffusers, whose pictures
 * these reproduce. Coefficients that diffusers computes in 64 bits are computed in 64 bits here.
 */
@NullMarked
package io.github.gill.diffusion.scheduler;

import org.jspecify.annotations.NullMarked;
