package io.github.gill.checkpoint;

/** Bytes that protocol 2 wrote as the characters of a text. */
final class LatinSource extends ByteSource {

  private final String text;

  /**
   * Looks at a text.
   *
   * @param name what it is, for messages
   * @param text characters up to U+00FF
   */
  LatinSource(String name, String text) {
    super(name, text.length());
    this.text = text;
  }

  @Override
  int get(long position) {
    return text.charAt((int) position) & 0xff;
  }

  @Override
  void get(long position, byte[] target, int offset, int length) {
    for (int i = 0; i < length; i++) {
      target[offset + i] = (byte) text.charAt((int) position + i);
    }
  }
}
