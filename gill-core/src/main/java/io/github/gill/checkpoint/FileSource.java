package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A file seen through a sliding window on the heap.
 *
 * <p>It reads instead of mapping, so a file that is cut while it is read is an error and not a
 * fault of the process, and a file of any size costs one window.
 */
final class FileSource extends ByteSource {

  private static final int WINDOW = 1 << 18;

  private final FileChannel channel;
  private final byte[] window;
  private long start;
  private int filled;

  /**
   * Looks at a file that the caller keeps open.
   *
   * @param name the file's name, for messages
   * @param channel the open file
   * @param size its size at opening
   */
  FileSource(String name, FileChannel channel, long size) {
    super(name, size);
    this.channel = channel;
    this.window = new byte[(int) Math.min(WINDOW, size)];
  }

  @Override
  int get(long position) {
    long index = position - start;
    if (index < 0 || index >= filled) {
      fill(position);
      index = position - start;
    }
    return window[(int) index] & 0xff;
  }

  @Override
  void get(long position, byte[] target, int offset, int length) {
    long index = position - start;
    if (index >= 0 && index + length <= filled) {
      System.arraycopy(window, (int) index, target, offset, length);
    } else if (length <= window.length / 4) {
      fill(position);
      System.arraycopy(window, 0, target, offset, length);
    } else {
      read(position, target, offset, length);
    }
  }

  private void fill(long position) {
    int wanted = (int) Math.min(window.length, size() - position);
    filled = 0;
    read(position, window, 0, wanted);
    start = position;
    filled = wanted;
  }

  private void read(long position, byte[] target, int offset, int length) {
    ByteBuffer buffer = ByteBuffer.wrap(target, offset, length);
    try {
      long at = position;
      while (buffer.hasRemaining()) {
        int read = channel.read(buffer, at);
        if (read < 0) {
          throw new ModelFileException(name() + " became shorter while it was read");
        }
        at += read;
      }
    } catch (IOException e) {
      throw new ModelFileException(
          name() + " cannot be read: " + FileErrors.reason(e) + "; check the disk", e);
    }
  }
}
