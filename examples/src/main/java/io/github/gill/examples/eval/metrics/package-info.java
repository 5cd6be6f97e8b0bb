/**
 * Measures of pictures, and what can be concluded from them.
 *
 * <p>{@link io.github.gill.examples.eval.metrics.ClipSimilarity} compares pictures and texts one by
 * one. {@link io.github.gill.examples.eval.metrics.FrechetDistance} compares two collections
 * through the features of each picture. {@link io.github.gill.examples.eval.metrics.Bootstrap}
 * turns a system's numbers into confidence intervals and paired tests.
 */
@NullMarked
package io.github.gill.examples.eval.metrics;

import org.jspecify.annotations.NullMarked;
