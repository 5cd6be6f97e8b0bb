/**
 * What options and fields of requests have in common.
 *
 * <p>{@link io.github.gill.examples.cli.options.OptionValue} turns names into constants and
 * devices; {@link io.github.gill.examples.cli.options.BundledFolder} stands in for a model folder
 * that is not given.
 */
@NullMarked
package io.github.gill.examples.cli.options;

import org.jspecify.annotations.NullMarked;
