/**
 * Measures of pictures, and what can be concluded from them.
 *
 * <p>{@link io.github.gill.examples.eval.metrics.ClipSimilarity} compares pictures and texts one by
 * one; {@link io.github.gill.examples.eval.metrics.Lpips} measures how far apart two pictures look.
 * {@link io.github.gill.examples.eval.metrics.FrechetDistance} and {@link
 * io.github.gill.examples.eval.metrics.KernelDistance} compare two collections through the features
 * of each picture: CLIP's, or those of {@link
 * io.github.gill.examples.eval.metrics.InceptionFeatures} for FID and KID. {@link
 * io.github.gill.examples.eval.metrics.Bootstrap} turns a system's numbers into confidence
 * intervals and paired tests. LPIPS and Inception need weight files that the user brings.
 */
@NullMarked
package io.github.gill.examples.eval.metrics;

import org.jspecify.annotations.NullMarked;
