package io.github.gill.checkpoint;

/** The element types that checkpoints may hold, under safetensors' names. */
public enum TensorType {
  /** 64-bit float. */
  F64(8, 7),
  /** 32-bit float. */
  F32(4, 6),
  /** 16-bit float with 5 exponent bits. */
  F16(2, 5),
  /** 16-bit float with 8 exponent bits. */
  BF16(2, 15),
  /** 64-bit signed integer. */
  I64(8, 4),
  /** 32-bit signed integer. */
  I32(4, 3),
  /** 8-bit signed integer. */
  I8(1, 1),
  /** 8-bit unsigned integer. */
  U8(1, 0),
  /** One byte per truth value. */
  BOOL(1, 11);

  private final int bytes;
  private final int torchType;

  TensorType(int bytes, int torchType) {
    this.bytes = bytes;
    this.torchType = torchType;
  }

  /**
   * Returns the size of one element.
   *
   * @return bytes per element
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Returns the number by which libtorch knows this type.
   *
   * @return the value of {@code c10::ScalarType}
   */
  public int torchType() {
    return torchType;
  }

  /**
   * Says whether a network may compute in another precision than the file's.
   *
   * @return true for the floating-point types
   */
  public boolean isFloating() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }
}
