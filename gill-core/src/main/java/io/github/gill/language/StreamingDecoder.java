package io.github.gill.language;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns tokens into text as they arrive.
 *
 * <p>A character may be spread over several tokens; its bytes are held back until it is complete.
 * All pieces and {@link #finish()} joined are what {@link OptTokenizer#decode} gives for all
 * tokens. Not thread-safe: one decoder belongs to one answer.
 */
public final class StreamingDecoder {

  private final OptTokenizer tokenizer;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private ByteBuffer pending = ByteBuffer.allocate(0);

  StreamingDecoder(OptTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Takes the next tokens.
   *
   * @param ids token ids; special ones add nothing
   * @return the text that is complete by now, often empty or one word
   */
  public String append(long... ids) {
    return decode(tokenizer.bytes(ids), false);
  }

  /**
   * Ends the text and readies the decoder for another.
   *
   * @return empty, or U+FFFD where the last character never became complete
   */
  public String finish() {
    String rest = decode(new byte[0], true);
    decoder.reset();
    return rest;
  }

  private String decode(byte[] bytes, boolean last) {
    ByteBuffer input = ByteBuffer.allocate(pending.remaining() + bytes.length);
    input.put(pending).put(bytes).flip();
    // One byte makes one char at most, and so does a broken sequence.
    CharBuffer text = CharBuffer.allocate(input.remaining() + 1);
    decoder.decode(input, text, last);
    if (last) {
      decoder.flush(text);
    }
    pending = input;
    return text.flip().toString();
  }
}
