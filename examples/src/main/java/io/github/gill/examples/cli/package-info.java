/**
 * The {@code gill} command line.
 *
 * <p>{@link io.github.gill.examples.cli.GillCommand} is the entry point; each command is a class.
 * Results go to standard output, progress and messages to standard error; the exit code is 0, 1 for
 * a request that failed and 2 for wrong usage. Wrong usage is what shows in the command line before
 * the model is opened: options that do not exist or cannot have their value, named files that are
 * not there, results that cannot go where they should. It is an {@link IllegalArgumentException};
 * what is wrong with a model folder, or comes up at work, is another exception.
 */
@NullMarked
package io.github.gill.examples.cli;

import org.jspecify.annotations.NullMarked;
