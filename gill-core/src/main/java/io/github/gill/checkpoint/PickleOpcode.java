package io.github.gill.checkpoint;

import org.jspecify.annotations.Nullable;

/**
 * The instructions of Python's pickle machine, protocols 2 to 5.
 *
 * <p>Those that only older protocols write, or that could run or reach anything outside the file,
 * are listed for their names and refused.
 */
enum PickleOpcode {
  PROTO(0x80, Argument.U1),
  FRAME(0x95, Argument.U8),
  STOP('.'),
  MARK('('),
  POP('0'),
  POP_MARK('1'),
  DUP('2'),
  NONE('N'),
  NEWTRUE(0x88),
  NEWFALSE(0x89),
  BININT('J', Argument.I4),
  BININT1('K', Argument.U1),
  BININT2('M', Argument.U2),
  LONG1(0x8a, Argument.PAYLOAD1),
  LONG4(0x8b, Argument.PAYLOAD4),
  BINFLOAT('G', Argument.F8),
  SHORT_BINUNICODE(0x8c, Argument.PAYLOAD1),
  BINUNICODE('X', Argument.PAYLOAD4),
  BINUNICODE8(0x8d, Argument.PAYLOAD8),
  SHORT_BINBYTES('C', Argument.PAYLOAD1),
  BINBYTES('B', Argument.PAYLOAD4),
  BINBYTES8(0x8e, Argument.PAYLOAD8),
  BYTEARRAY8(0x96, Argument.PAYLOAD8),
  EMPTY_TUPLE(')'),
  TUPLE1(0x85),
  TUPLE2(0x86),
  TUPLE3(0x87),
  TUPLE('t'),
  EMPTY_LIST(']'),
  APPEND('a'),
  APPENDS('e'),
  EMPTY_DICT('}'),
  SETITEM('s'),
  SETITEMS('u'),
  EMPTY_SET(0x8f),
  BINPUT('q', Argument.U1),
  LONG_BINPUT('r', Argument.U4),
  MEMOIZE(0x94),
  BINGET('h', Argument.U1),
  LONG_BINGET('j', Argument.U4),
  GLOBAL('c', Argument.TWO_LINES),
  STACK_GLOBAL(0x93),
  REDUCE('R'),
  BUILD('b'),
  BINPERSID('Q'),

  INST('i', Argument.REFUSED),
  OBJ('o', Argument.REFUSED),
  NEWOBJ(0x81, Argument.REFUSED),
  NEWOBJ_EX(0x92, Argument.REFUSED),
  EXT1(0x82, Argument.REFUSED),
  EXT2(0x83, Argument.REFUSED),
  EXT4(0x84, Argument.REFUSED),
  NEXT_BUFFER(0x97, Argument.REFUSED),
  READONLY_BUFFER(0x98, Argument.REFUSED),
  ADDITEMS(0x90, Argument.REFUSED),
  FROZENSET(0x91, Argument.REFUSED),
  PERSID('P', Argument.REFUSED),
  INT('I', Argument.REFUSED),
  LONG('L', Argument.REFUSED),
  FLOAT('F', Argument.REFUSED),
  STRING('S', Argument.REFUSED),
  BINSTRING('T', Argument.REFUSED),
  SHORT_BINSTRING('U', Argument.REFUSED),
  UNICODE('V', Argument.REFUSED),
  DICT('d', Argument.REFUSED),
  LIST('l', Argument.REFUSED),
  PUT('p', Argument.REFUSED),
  GET('g', Argument.REFUSED);

  /** What follows an instruction. */
  enum Argument {
    EMPTY,
    U1,
    U2,
    U4,
    U8,
    I4,
    F8,
    PAYLOAD1,
    PAYLOAD4,
    PAYLOAD8,
    TWO_LINES,
    REFUSED
  }

  private static final @Nullable PickleOpcode[] BY_CODE = new @Nullable PickleOpcode[256];

  static {
    for (PickleOpcode opcode : values()) {
      BY_CODE[opcode.code] = opcode;
    }
  }

  private final int code;
  private final Argument argument;

  PickleOpcode(int code) {
    this(code, Argument.EMPTY);
  }

  PickleOpcode(int code, Argument argument) {
    this.code = code;
    this.argument = argument;
  }

  /** Returns what follows the instruction. */
  Argument argument() {
    return argument;
  }

  /** Returns the instruction of a byte, or null if there is none. */
  static @Nullable PickleOpcode of(int code) {
    return BY_CODE[code];
  }
}
