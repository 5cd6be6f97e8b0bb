package io.github.gill.checkpoint;

/**
 * The memory that one or more tensors of a PyTorch file look into.
 *
 * <p>A pickle names a storage by its key before anybody knows where its bytes are.
 */
final class TorchStorage {

  private final String key;
  private final TensorType type;
  private final long elements;
  private long position = -1;

  TorchStorage(String key, TensorType type, long elements) {
    this.key = key;
    this.type = type;
    this.elements = elements;
  }

  String key() {
    return key;
  }

  TensorType type() {
    return type;
  }

  /** Returns how many elements it holds. */
  long elements() {
    return elements;
  }

  /** Returns its size in bytes, which does not overflow. */
  long bytes() {
    return elements * type.bytes();
  }

  /** Returns where its bytes begin in the file. */
  long position() {
    return position;
  }

  void place(long position) {
    this.position = position;
  }

  @Override
  public String toString() {
    return "a storage";
  }
}
