package io.github.gill.language;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's spelling of bytes: a printable Latin-1 character stands for itself, the other 68 byte
 * values for the characters from U+0100 on, so that a vocabulary is readable text.
 */
final class ByteLevel {

  private static final int LAST = 0x143;
  private static final int[] BYTES = bytesOfCharacters();

  private ByteLevel() {}

  private static int[] bytesOfCharacters() {
    int[] bytes = new int[LAST + 1];
    Arrays.fill(bytes, -1);
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      bytes[printable ? b : next++] = b;
    }
    return bytes;
  }

  /** Returns the bytes that a token spells; a token in another spelling stands for its UTF-8. */
  static byte[] bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c > LAST || BYTES[c] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }
}
