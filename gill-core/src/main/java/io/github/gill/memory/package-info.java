/**
 * What a model takes in memory, before it is loaded.
 *
 * <p>{@link io.github.gill.memory.AvailableMemory} says what a device has left, {@link
 * io.github.gill.memory.MemoryPlan} sets that against what the parts need. {@link
 * io.github.gill.Gill.Builder#plan} makes the plan that {@link io.github.gill.Gill.Builder#build}
 * follows.
 */
@NullMarked
package io.github.gill.memory;

import org.jspecify.annotations.NullMarked;
