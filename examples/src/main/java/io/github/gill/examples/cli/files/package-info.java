/**
 * Files that a user names: reading them, checking where results go, and saying what is wrong.
 *
 * <p>{@link io.github.gill.examples.cli.files.InputFile} and {@link
 * io.github.gill.examples.cli.files.StrictJson} read, {@link
 * io.github.gill.examples.cli.files.OutputTarget} checks before work starts, {@link
 * io.github.gill.examples.cli.files.ErrorText} puts any failure into words.
 */
@NullMarked
package io.github.gill.examples.cli.files;

import org.jspecify.annotations.NullMarked;
