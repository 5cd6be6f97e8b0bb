package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Named tensors in one or more files, readable without loading them.
 *
 * <p>Opening reads and checks the directory only: names, types, shapes and that every byte range
 * lies inside its file. Implementations are thread-safe for reading. Closing unmaps the files, so
 * nothing that {@link #bytes} returned may be touched afterwards.
 */
public interface Checkpoint extends AutoCloseable {

  /**
   * Lists the tensors.
   *
   * @return an immutable map from name to type and shape, in the files' order
   */
  Map<String, TensorInfo> tensors();

  /**
   * Returns a tensor's content, mapped from its file where the format allows it.
   *
   * @param name one of {@link #tensors()}' names
   * @return a direct little-endian buffer from position 0 to the tensor's size, contiguous and
   *     row-major; valid until {@link #close()}
   * @throws IllegalArgumentException if there is no such tensor
   * @throws io.github.gill.ModelFileException if the file changed or cannot be read
   */
  ByteBuffer bytes(String name);

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
