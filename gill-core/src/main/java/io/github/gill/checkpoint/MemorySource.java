package io.github.gill.checkpoint;

/** A few bytes on the heap. */
final class MemorySource extends ByteSource {

  private final byte[] bytes;

  /**
   * Looks at bytes that nobody changes.
   *
   * @param name what they are, for messages
   * @param bytes the bytes, not copied
   */
  MemorySource(String name, byte[] bytes) {
    super(name, bytes.length);
    this.bytes = bytes;
  }

  @Override
  int get(long position) {
    return bytes[(int) position] & 0xff;
  }

  @Override
  void get(long position, byte[] target, int offset, int length) {
    System.arraycopy(bytes, (int) position, target, offset, length);
  }
}
