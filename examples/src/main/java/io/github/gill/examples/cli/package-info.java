/**
 * The {@code gill} command line.
 *
 * <p>{@link io.github.gill.examples.cli.GillCommand} is the entry point; each command is a class.
 * Results go to standard output, progress and messages to standard error; the exit code is 0, 1 for
 * a request that failed and 2 for wrong usage.
 */
@NullMarked
package io.github.gill.examples.cli;

import org.jspecify.annotations.NullMarked;
