/**
 * The chat in a terminal.
 *
 * <p>{@link io.github.gill.examples.terminal.TerminalChat} reads lines and commands; {@code
 * PictureDisplay} shows pictures inline where the terminal can.
 */
@NullMarked
package io.github.gill.examples.terminal;

import org.jspecify.annotations.NullMarked;
