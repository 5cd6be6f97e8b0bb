package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;

/**
 * Bytes that are read at positions and never all at once: a file, or a few bytes inside one.
 *
 * <p>Reading beyond the end is a {@link ModelFileException}, so parsers need no checks of their own
 * for files that were cut off. Not thread-safe.
 */
abstract class ByteSource {

  private final String name;
  private final long size;

  ByteSource(String name, long size) {
    this.name = name;
    this.size = size;
  }

  /** Returns what the bytes are, for messages. */
  final String name() {
    return name;
  }

  /** Returns the number of bytes. */
  final long size() {
    return size;
  }

  /** Returns the unsigned byte at a position that lies inside. */
  abstract int get(long position);

  /** Copies bytes from a position; the range lies inside. */
  abstract void get(long position, byte[] target, int offset, int length);

  /** Returns an unsigned byte. */
  final int u8(long position) {
    check(position, 1);
    return get(position);
  }

  /** Returns an unsigned little-endian number of 2 bytes. */
  final int u16(long position) {
    return (int) number(position, 2);
  }

  /** Returns an unsigned little-endian number of 4 bytes. */
  final long u32(long position) {
    return number(position, 4);
  }

  /** Returns a little-endian number of 8 bytes, which is negative where it exceeds 63 bits. */
  final long i64(long position) {
    return number(position, 8);
  }

  /** Copies a range to the heap; the caller has limited its length. */
  final byte[] copy(long position, int length) {
    check(position, length);
    byte[] bytes = new byte[length];
    get(position, bytes, 0, length);
    return bytes;
  }

  /** Refuses ranges that do not lie inside. */
  final void check(long position, long length) {
    if (position < 0 || length < 0 || position > size - length) {
      throw new ModelFileException(
          "%s ends at byte %d, inside something that begins at byte %d; it is cut off or damaged: download it again"
              .formatted(name, size, position));
    }
  }

  private long number(long position, int bytes) {
    check(position, bytes);
    long number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      number = number << 8 | get(position + i);
    }
    return number;
  }
}
