/**
 * An engine's metrics in Micrometer: {@link io.github.gill.examples.metrics.MicrometerMetrics} is
 * one class to copy into an application.
 */
@NullMarked
package io.github.gill.examples.metrics;

import org.jspecify.annotations.NullMarked;
