/**
 * What options and fields of requests have in common.
 *
 * <p>{@link io.github.gill.examples.cli.options.OptionValue} turns names into constants and
 * devices.
 */
@NullMarked
package io.github.gill.examples.cli.options;

import org.jspecify.annotations.NullMarked;
