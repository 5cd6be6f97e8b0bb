/**
 * Reads and writes files of weights, and finds them.
 *
 * <p>Start at {@link io.github.gill.checkpoint.Checkpoints#open}: it recognises a file by content,
 * or finds the checkpoint of a folder laid out as the hub's, and returns a {@link
 * io.github.gill.checkpoint.Checkpoint}: names, types, shapes, and each tensor's bytes mapped in
 * place. A {@link io.github.gill.checkpoint.Layout} says what a network expects and matches it with
 * what a checkpoint has, old spellings included, before anything is loaded.
 *
 * <ul>
 *   <li>safetensors: {@code SafetensorsCheckpoint} over {@code SafetensorsHeader}; written by
 *       {@link io.github.gill.checkpoint.SafetensorsWriter}, atomically ({@link
 *       io.github.gill.checkpoint.AtomicFile})
 *   <li>several files with an index: {@code ShardedCheckpoint} over {@code ShardIndex}
 *   <li>PyTorch: {@code TorchCheckpoint} over {@code TorchFile}, which takes a zip archive apart
 *       ({@code ZipDirectory}) or the older sequence of pickles
 *   <li>the candidates of the original release: {@link io.github.gill.checkpoint.CandidatePickle},
 *       a stream in constant heap
 *   <li>where files come from: {@link io.github.gill.checkpoint.HubCache} finds what Python
 *       downloaded; {@link io.github.gill.checkpoint.HubDownloader}, which nothing here uses on its
 *       own, downloads into the same place
 * </ul>
 *
 * <p>Files are hostile until proven otherwise. Pickles run on {@code PickleMachine}, which can make
 * containers, numbers, text and references to bytes, and asks an allow-list ({@code TorchObjects},
 * {@code CandidateObjects}) for the rest; nothing is looked up by reflection. Directories are read,
 * not mapped; sizes are compared before memory is taken; nothing is decompressed. Whatever is wrong
 * ends in a {@link io.github.gill.ModelFileException} that names the file, what was found and the
 * mend.
 *
 * <p>{@link io.github.gill.checkpoint.FileErrors} says why a file cannot be read.
 *
 * <p>Tensors are mapped by {@code MappedFile}: their buffers die with the checkpoint, so close it
 * last.
 */
@NullMarked
package io.github.gill.checkpoint;

import org.jspecify.annotations.NullMarked;
