/** Draws pictures with Stable Diffusion. */
@NullMarked
package io.github.gill.diffusion;

import org.jspecify.annotations.NullMarked;
