/** GILL for the JVM. */
@NullMarked
package io.github.gill;

import org.jspecify.annotations.NullMarked;
