package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * A file of any size mapped read-only in pieces, each when first asked for.
 *
 * <p>One mapping holds at most 2 GiB. Pieces begin at every GiB and are 2 GiB long, so each range
 * of up to 1 GiB lies wholly in the piece that its first byte belongs to; the overlap costs address
 * space, not memory. Longer ranges get a mapping of their own.
 *
 * <p>A file that shrinks while it is mapped makes the JVM throw, and native code die, at the first
 * touch beyond its end. Every {@link #slice} therefore compares the file's size with the one at
 * opening; what happens after that is the owner's care.
 */
final class MappedFile implements AutoCloseable {

  private static final int STEP_BITS = 30;

  private final Path path;
  private final FileChannel channel;
  private final long size;
  private final Map<String, ByteBuffer> mappings = new HashMap<>();
  private boolean closed;

  private MappedFile(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  /**
   * Opens a file; maps nothing yet.
   *
   * @param path the file
   * @return the open file
   * @throws ModelFileException if there is no such file or it cannot be read
   */
  static MappedFile open(Path path) {
    try {
      if (Files.isDirectory(path)) {
        throw new ModelFileException(path + " is a folder; name a file in it");
      }
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      return new MappedFile(path, channel, channel.size());
    } catch (NoSuchFileException e) {
      throw new ModelFileException(path + " does not exist; check the model folder", e);
    } catch (IOException e) {
      throw new ModelFileException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  FileChannel channel() {
    return channel;
  }

  /**
   * Looks at a range of the file.
   *
   * @param offset the first byte
   * @param length how many bytes
   * @return a read-only little-endian buffer, valid until {@link #close}
   * @throws ModelFileException if the file changed its size or cannot be mapped
   * @throws IllegalStateException after {@link #close}
   */
  synchronized ByteBuffer slice(long offset, int length) {
    if (closed) {
      throw new IllegalStateException(path.getFileName() + " is closed");
    }
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new ModelFileException(
          "%s: bytes %d to %d lie beyond its %d bytes"
              .formatted(path.getFileName(), offset, offset + length, size));
    }
    checkUnchanged();
    if (length == 0) {
      return ByteBuffer.allocateDirect(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    boolean fits = length <= 1 << STEP_BITS;
    long start = fits ? offset >> STEP_BITS << STEP_BITS : offset;
    long extent = fits ? Math.min(size - start, Integer.MAX_VALUE) : length;
    ByteBuffer mapping = map(start, extent);
    return mapping.slice((int) (offset - start), length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer map(long start, long extent) {
    String key = start + "+" + extent;
    ByteBuffer known = mappings.get(key);
    if (known != null) {
      return known;
    }
    try {
      ByteBuffer mapping = channel.map(FileChannel.MapMode.READ_ONLY, start, extent);
      mappings.put(key, mapping);
      return mapping;
    } catch (IOException e) {
      throw new ModelFileException(path + " cannot be mapped: " + e.getMessage(), e);
    }
  }

  private void checkUnchanged() {
    try {
      long now = channel.size();
      if (now != size) {
        throw new ModelFileException(
            "%s changed from %d to %d bytes while it was open; leave a model's files alone while it is loading"
                .formatted(path.getFileName(), size, now));
      }
    } catch (IOException e) {
      throw new ModelFileException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Unmaps all pieces and closes the file. Does nothing the second time. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    mappings.values().forEach(Unmapper::unmap);
    mappings.clear();
    try {
      channel.close();
    } catch (IOException e) {
      throw new ModelFileException(path + " cannot be closed: " + e.getMessage(), e);
    }
  }
}
