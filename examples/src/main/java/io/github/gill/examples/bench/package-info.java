/**
 * The {@code gill bench} command: how fast the model's parts are, and how that compares.
 *
 * <p>{@link io.github.gill.examples.bench.BenchCommand} runs {@link
 * io.github.gill.examples.bench.PartCases} on a model folder and prints a {@link
 * io.github.gill.examples.bench.Measurement} a line; {@code gill bench soak} watches memory over
 * many answers.
 */
@NullMarked
package io.github.gill.examples.bench;

import org.jspecify.annotations.NullMarked;
