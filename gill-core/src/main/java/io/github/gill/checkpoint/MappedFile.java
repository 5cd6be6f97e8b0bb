package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A file of any size mapped read-only in pieces, each when first asked for.
 *
 * <p>One mapping holds at most 2 GiB. Pieces begin at every GiB and are 2 GiB long, so each range
 * of up to 1 GiB lies wholly in the piece that its first byte belongs to; the overlap costs address
 * space, not memory. Longer ranges get a mapping of their own.
 *
 * <p>A file that shrinks while it is mapped makes the JVM throw, and native code die, at the first
 * touch beyond its end. Every {@link #slice} therefore compares the file with what it was at
 * opening; before later uses the owner calls {@link #checkUnchanged}.
 */
final class MappedFile implements AutoCloseable {

  private static final int STEP_BITS = 30;

  private final Path path;

  /** Open for as long as the file is mapped; unlike a channel's, no interrupt closes it. */
  private final RandomAccessFile file;

  private final long size;
  private final BasicFileAttributes opened;
  private final Map<String, ByteBuffer> mappings = new HashMap<>();
  private boolean closed;

  private MappedFile(Path path, RandomAccessFile file) throws IOException {
    this.path = path;
    this.file = file;
    this.size = file.length();
    this.opened = Files.readAttributes(path, BasicFileAttributes.class);
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
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
      try {
        return new MappedFile(path, file);
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw new ModelFileException(FileErrors.unreadable(path, e, "check the model folder"), e);
    }
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  FileChannel channel() {
    return file.getChannel();
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
      ByteBuffer mapping = channel().map(FileChannel.MapMode.READ_ONLY, start, extent);
      mappings.put(key, mapping);
      return mapping;
    } catch (IOException e) {
      throw new ModelFileException(
          path + " cannot be mapped: " + FileErrors.reason(e) + "; free memory or check the disk",
          e);
    }
  }

  /**
   * Compares the file with what it was at opening.
   *
   * @throws ModelFileException if its size changed, or it is still the file of its name and was
   *     written to
   * @throws IllegalStateException after {@link #close}
   */
  synchronized void checkUnchanged() {
    if (closed) {
      throw new IllegalStateException(path.getFileName() + " is closed");
    }
    long now;
    try {
      now = file.length();
    } catch (IOException e) {
      throw new ModelFileException(FileErrors.unreadable(path, e, "check the disk"), e);
    }
    if (now != size) {
      throw changed("from %d to %d bytes".formatted(size, now));
    }
    BasicFileAttributes named;
    try {
      named = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (IOException e) {
      // Removed: what is mapped stays as it was.
      return;
    }
    if (opened.fileKey() != null
        && Objects.equals(named.fileKey(), opened.fileKey())
        && !named.lastModifiedTime().equals(opened.lastModifiedTime())) {
      throw changed("its content");
    }
  }

  private ModelFileException changed(String how) {
    return new ModelFileException(
        "%s changed %s while it was open; load the model again, and replace its files by renaming, never in place"
            .formatted(path.getFileName(), how));
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
      file.close();
    } catch (IOException e) {
      throw new ModelFileException(path + " cannot be closed: " + FileErrors.reason(e), e);
    }
  }
}
