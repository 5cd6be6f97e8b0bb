/**
 * Draws pictures with Stable Diffusion 1.x and 2.x.
 *
 * <p>Start at {@link io.github.gill.diffusion.StableDiffusion}; gill-core finds it through {@link
 * io.github.gill.diffusion.StableDiffusionProvider}. The networks are programs under {@code
 * src/main/torchscript} ({@code unet.py}, {@code vae.py}, {@code clip_text.py}), each with a class
 * here that holds its weights and one that reads its configuration and lists its tensors.
 *
 * <p>Data flows from a conditioning or a prompt ({@code clip_text.py}) and noise through the
 * denoising loop (one call of {@code unet.py} per step, a {@link
 * io.github.gill.diffusion.scheduler.Scheduler} between calls) to latents, through {@code vae.py}
 * to a picture, and past the safety checker. What depends on the conditioning or the timesteps
 * alone is computed once per batch of pictures.
 */
@NullMarked
package io.github.gill.diffusion;

import org.jspecify.annotations.NullMarked;
