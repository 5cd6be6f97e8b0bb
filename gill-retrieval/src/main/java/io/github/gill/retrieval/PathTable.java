package io.github.gill.retrieval;

import io.github.gill.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Millions of paths as UTF-8 in one piece of memory, a third of what as many strings take.
 *
 * <p>Thread-safe once built.
 */
final class PathTable {

  private final ByteBuffer text;
  private final LongBuffer ends;

  /**
   * Looks at a table.
   *
   * @param text all paths without anything between them
   * @param ends for each path the position behind its last byte
   */
  PathTable(ByteBuffer text, LongBuffer ends) {
    this.text = text;
    this.ends = ends;
  }

  int size() {
    return ends.remaining();
  }

  String get(int index) {
    Objects.checkIndex(index, size());
    long start = index == 0 ? 0 : ends.get(index - 1);
    long end = ends.get(index);
    if (start < 0 || end < start || end > text.remaining()) {
      throw new ModelFileException(
          "path %d of the index spans bytes %d to %d of %d; build the index anew"
              .formatted(index, start, end, text.remaining()));
    }
    byte[] utf8 = new byte[(int) (end - start)];
    text.get((int) start, utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** Collects paths in order. */
  static final class Builder {
    private static final int LARGEST = Integer.MAX_VALUE - 8;

    private byte[] text = new byte[1 << 12];
    private int length;
    private long[] ends = new long[1 << 6];
    private int size;

    void add(String path) {
      byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
      if (utf8.length > LARGEST - length) {
        throw new ModelFileException(
            "the candidates' paths are longer than 2 GiB together; use shorter ones");
      }
      if (utf8.length > text.length - length) {
        long wanted = Math.max((long) length + utf8.length, text.length * 3L / 2);
        text = Arrays.copyOf(text, (int) Math.min(LARGEST, wanted));
      }
      System.arraycopy(utf8, 0, text, length, utf8.length);
      length += utf8.length;
      if (size == ends.length) {
        ends = Arrays.copyOf(ends, size + size / 2);
      }
      ends[size++] = length;
    }

    int size() {
      return size;
    }

    byte[] text() {
      return Arrays.copyOf(text, length);
    }

    long[] ends() {
      return Arrays.copyOf(ends, size);
    }

    PathTable build() {
      return new PathTable(ByteBuffer.wrap(text(), 0, length), LongBuffer.wrap(ends()));
    }
  }
}
