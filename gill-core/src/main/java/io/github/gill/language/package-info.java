/** The language model. */
@NullMarked
package io.github.gill.language;

import org.jspecify.annotations.NullMarked;
