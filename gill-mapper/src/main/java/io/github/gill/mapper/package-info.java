/**
 * Maps the language model's states at the {@code [IMG]} positions to the conditioning of an image
 * generator.
 *
 * <p>{@code MapperKind} lists the maps: GILLMapper, which is the paper's, and the three of its
 * ablation. {@link io.github.gill.mapper.TorchMappers} opens them for gill-core; their forward
 * passes are in {@code src/main/torchscript/mappers.py}.
 */
@NullMarked
package io.github.gill.mapper;

import org.jspecify.annotations.NullMarked;
