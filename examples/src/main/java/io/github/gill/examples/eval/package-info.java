/**
 * {@code gill eval}: the paper's experiments as one command that can be stopped and started again.
 *
 * <p>{@link io.github.gill.examples.eval.EvalCommand} reads the data sets ({@link
 * io.github.gill.examples.eval.data}), takes the model apart, measures every item with the measures
 * of {@link io.github.gill.examples.eval.metrics}, notes each result as a line of JSON, and writes
 * tables, claims and pictures from those lines.
 */
@NullMarked
package io.github.gill.examples.eval;

import org.jspecify.annotations.NullMarked;
