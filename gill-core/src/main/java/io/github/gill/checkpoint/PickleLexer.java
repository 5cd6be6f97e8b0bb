package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Splits a pickle into instructions with their arguments; long arguments stay where they are.
 *
 * <p>Not thread-safe.
 */
final class PickleLexer {

  private static final int MAX_TEXT = 1 << 24;
  private static final int MAX_LINE = 1 << 10;
  private static final int MAX_REFERENCES = 1 << 20;

  private final ByteSource source;
  private long position;
  private long start;
  private long number;
  private long payload;
  private String module = "";
  private String name = "";

  /**
   * Begins at a pickle's first byte.
   *
   * @param source what holds the pickle
   * @param position where the pickle begins
   */
  PickleLexer(ByteSource source, long position) {
    this.source = source;
    this.position = position;
  }

  /**
   * Reads the next instruction.
   *
   * @return an instruction that is not refused
   * @throws ModelFileException if there is none, or it is unknown or refused
   */
  PickleOpcode next() {
    start = position;
    int code = source.u8(position++);
    PickleOpcode opcode = PickleOpcode.of(code);
    if (opcode == null) {
      throw bad("0x%02x is no pickle instruction; the file is damaged".formatted(code));
    }
    switch (opcode.argument()) {
      case EMPTY -> {}
      case U1 -> number = take(1);
      case U2 -> number = take(2);
      case U4 -> number = take(4);
      case I4 -> number = (int) take(4);
      case U8 -> {
        number = take(8);
        if (opcode == PickleOpcode.FRAME) {
          source.check(position, number);
        }
      }
      case F8 -> number = Long.reverseBytes(take(8));
      case PAYLOAD1 -> skip(take(1));
      case PAYLOAD4 -> skip(take(4));
      case PAYLOAD8 -> skip(take(8));
      case TWO_LINES -> {
        module = line();
        name = line();
      }
      case REFUSED ->
          throw bad(
              "the pickle instruction %s%s is refused: checkpoints need none of its kind; load the file in PyTorch where you trust it and save its state_dict() alone"
                  .formatted(
                      opcode, module.isEmpty() ? "" : " after \"" + module + "." + name + "\""));
    }
    return opcode;
  }

  /**
   * Finds the memo entries that a pickle reads back, by skimming all of it.
   *
   * <p>Python memoises every object and reads few of them back. Knowing which keeps the memo small
   * whatever the file's size. The skim also refuses bad instructions before any is carried out.
   *
   * @return the indexes that BINGET and LONG_BINGET name; this lexer is then behind STOP
   */
  Set<Long> references() {
    Set<Long> references = new HashSet<>();
    while (true) {
      PickleOpcode opcode = next();
      if (opcode == PickleOpcode.STOP) {
        return references;
      }
      if ((opcode == PickleOpcode.BINGET || opcode == PickleOpcode.LONG_BINGET)
          && references.add(number)
          && references.size() > MAX_REFERENCES) {
        throw bad("more than " + MAX_REFERENCES + " objects are referred to again");
      }
    }
  }

  /** Returns where the next instruction begins. */
  long position() {
    return position;
  }

  /** Returns the last instruction's number, or the length of its payload. */
  long number() {
    return number;
  }

  /** Returns the last instruction's number as a float. */
  double real() {
    return Double.longBitsToDouble(number);
  }

  /** Returns where the last instruction's payload begins. */
  long payload() {
    return payload;
  }

  /** Returns the module of the last GLOBAL. */
  String module() {
    return module;
  }

  /** Returns the name of the last GLOBAL. */
  String globalName() {
    return name;
  }

  /** Decodes the last instruction's payload as text. */
  String text() {
    if (number > MAX_TEXT) {
      throw bad("a text has %d bytes, at most %d are read".formatted(number, MAX_TEXT));
    }
    return decode(source.copy(payload, (int) number));
  }

  /** Decodes the last instruction's payload as a whole number. */
  Number integer() {
    if (number > 255) {
      throw bad("a number has " + number + " bytes, at most 255 are read");
    }
    byte[] bytes = source.copy(payload, (int) number);
    if (bytes.length == 0) {
      return 0L;
    }
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swapped = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swapped;
    }
    BigInteger value = new BigInteger(bytes);
    return value.bitLength() < 64 ? (Number) value.longValue() : value;
  }

  /** Makes the error for something wrong at the last instruction. */
  ModelFileException bad(String what) {
    return new ModelFileException(source.name() + ": at byte " + start + ", " + what);
  }

  private long take(int bytes) {
    long taken =
        switch (bytes) {
          case 1 -> source.u8(position);
          case 2 -> source.u16(position);
          case 4 -> source.u32(position);
          default -> source.i64(position);
        };
    position += bytes;
    return taken;
  }

  private void skip(long length) {
    source.check(position, length);
    number = length;
    payload = position;
    position += length;
  }

  private String line() {
    long from = position;
    while (source.u8(position) != '\n') {
      if (++position - from > MAX_LINE) {
        throw bad("a name is longer than " + MAX_LINE + " bytes");
      }
    }
    return decode(source.copy(from, (int) (position++ - from)));
  }

  private String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ModelFileException(
          source.name() + ": at byte " + start + ", a text is not UTF-8", e);
    }
  }
}
