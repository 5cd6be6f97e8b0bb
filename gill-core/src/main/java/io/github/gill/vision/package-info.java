/** Pictures and the image encoder. */
@NullMarked
package io.github.gill.vision;

import org.jspecify.annotations.NullMarked;
