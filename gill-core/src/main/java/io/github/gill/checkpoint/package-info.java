/** Checkpoint formats. */
@NullMarked
package io.github.gill.checkpoint;

import org.jspecify.annotations.NullMarked;
