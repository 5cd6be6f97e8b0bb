package io.github.gill.checkpoint;

/** A range of other bytes, such as a file inside a file. */
final class RangeSource extends ByteSource {

  private final ByteSource whole;
  private final long start;

  /**
   * Looks at a range.
   *
   * @param whole what holds it
   * @param start its first byte
   * @param size how many bytes, all of them inside
   */
  RangeSource(ByteSource whole, long start, long size) {
    super(whole.name(), size);
    whole.check(start, size);
    this.whole = whole;
    this.start = start;
  }

  @Override
  int get(long position) {
    return whole.get(start + position);
  }

  @Override
  void get(long position, byte[] target, int offset, int length) {
    whole.get(start + position, target, offset, length);
  }
}
