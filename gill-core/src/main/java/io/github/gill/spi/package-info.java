/**
 * What the modules beside gill-core and applications implement; core finds the modules through
 * {@link java.util.ServiceLoader}.
 *
 * <ul>
 *   <li>{@link io.github.gill.spi.ConditioningMapper}: {@code [IMG]} states to the image
 *       generator's conditioning (gill-mapper)
 *   <li>{@link io.github.gill.spi.ImageGenerator}: conditioning or text to pictures
 *       (gill-diffusion)
 *   <li>{@link io.github.gill.spi.Retriever}: {@code [IMG]} states to candidates, and the choice
 *       between finding and generating (gill-retrieval)
 *   <li>{@link io.github.gill.spi.Metrics}: what an engine does, for monitoring; an application's
 *       own, given to the builder
 * </ul>
 *
 * <p>What crosses between modules are Java numbers ({@link io.github.gill.spi.Matrix}) and {@link
 * java.awt.image.BufferedImage}: a few hundred kilobytes per picture, so no native memory has two
 * owners. Each part is opened once per model through its provider with a {@link
 * io.github.gill.spi.ModelContext}, is called by one thread at a time per device, and is closed by
 * core.
 */
@NullMarked
package io.github.gill.spi;

import org.jspecify.annotations.NullMarked;
