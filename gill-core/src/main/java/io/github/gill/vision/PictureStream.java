package io.github.gill.vision;

import io.github.gill.PictureException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file in memory for ImageIO, which gives up on decoders that go on reading behind its end.
 *
 * <p>Some take the end for zeros; a few bytes of damage then keep them busy for minutes.
 */
final class PictureStream extends ImageInputStreamImpl {

  /** Far more than a decoder reads ahead. */
  private static final int MOST_READS_BEHIND_END = 1000;

  private final String name;
  private final byte[] bytes;
  private int readsBehindEnd;

  PictureStream(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  @Override
  public int read() {
    bitOffset = 0;
    return streamPos < bytes.length ? bytes[(int) streamPos++] & 255 : end();
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    bitOffset = 0;
    if (length == 0) {
      return 0;
    }
    int count = (int) Math.min(length, bytes.length - streamPos);
    if (count <= 0) {
      return end();
    }
    System.arraycopy(bytes, (int) streamPos, target, offset, count);
    streamPos += count;
    return count;
  }

  private int end() {
    if (++readsBehindEnd > MOST_READS_BEHIND_END) {
      throw new PictureException(
          name + " is damaged: it ends too early; get the whole file or save it again as PNG");
    }
    return -1;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}
