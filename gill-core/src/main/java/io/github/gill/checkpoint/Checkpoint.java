package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Named tensors in one or more files, readable without loading them.
 *
 * <p>Opening reads and checks the directory only: names, types, shapes and that every byte range
 * lies inside its file. Implementations are thread-safe for reading. Closing unmaps the files:
 * touching afterwards what {@link #bytes} returned ends the process. The same holds for a file that
 * someone shortens while it is mapped: model files are to be replaced, never rewritten in place,
 * and whoever keeps content mapped calls {@link #checkUnchanged} before each use.
 */
public interface Checkpoint extends AutoCloseable {

  /**
   * Lists the tensors.
   *
   * @return an immutable map from name to type and shape, in the files' order
   */
  Map<String, TensorInfo> tensors();

  /**
   * Returns what the file says about itself.
   *
   * @return immutable text by key, in the file's order; empty where the format has none
   */
  default Map<String, String> metadata() {
    return Map.of();
  }

  /**
   * Returns a tensor's content, mapped from its file where the format allows it.
   *
   * @param name one of {@link #tensors()}' names
   * @return a new direct read-only little-endian buffer from position 0 to the tensor's size,
   *     contiguous and row-major, at whatever alignment the file has; valid until {@link #close()}
   * @throws IllegalArgumentException if there is no such tensor
   * @throws IllegalStateException after {@link #close()}
   * @throws io.github.gill.ModelFileException if the file changed or cannot be read, or the tensor
   *     is larger than the 2 GiB that one buffer holds
   */
  ByteBuffer bytes(String name);

  /**
   * Compares the files with what they were when they were opened. A file that was removed or
   * replaced passes: what is mapped of it stays as it was. Takes some microseconds.
   *
   * @throws io.github.gill.ModelFileException if a file was written to, or became shorter
   * @throws IllegalStateException after {@link #close()}
   */
  void checkUnchanged();

  /**
   * Describes where the tensors come from.
   *
   * @return the file's or folder's name, for messages
   */
  String source();

  /** Unmaps the files. Does nothing the second time. */
  @Override
  void close();
}
