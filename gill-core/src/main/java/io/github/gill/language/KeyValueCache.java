package io.github.gill.language;

import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;

/**
 * The keys and values of the positions that a language model has already seen.
 *
 * <p>Room is allocated ahead and grows by doubling, so a decoding step writes in place. Used by one
 * thread at a time; the owner closes it.
 */
public final class KeyValueCache implements AutoCloseable {

  private final LanguageModel model;
  private Value tensors;
  private int capacity;
  private int length;

  KeyValueCache(LanguageModel model, Value tensors, int capacity) {
    this.model = model;
    this.tensors = tensors;
    this.capacity = capacity;
  }

  /**
   * Returns how many positions are filled.
   *
   * @return the length P of the sequence so far
   */
  public int length() {
    return length;
  }

  /**
   * Forgets the latest positions.
   *
   * @param kept how many positions to keep, at most {@link #length()}
   */
  public void truncate(int kept) {
    if (kept < 0 || kept > length) {
      throw new IllegalArgumentException("cannot keep " + kept + " of " + length + " positions");
    }
    length = kept;
  }

  /**
   * Returns how much memory is allocated.
   *
   * @return bytes
   */
  public long bytes() {
    return model.cacheBytes(capacity);
  }

  /**
   * Copies what is filled.
   *
   * @return a cache of its own, which the caller closes
   */
  public KeyValueCache copy() {
    try (Scope scope = new Scope()) {
      Value copied = scope.detach(model.grow(scope, tensors, length, capacity));
      KeyValueCache copy = new KeyValueCache(model, copied, capacity);
      copy.length = length;
      return copy;
    }
  }

  Value tensors() {
    return tensors;
  }

  /** Makes room for more positions and counts them as filled. */
  void reserve(int positions) {
    int needed = Math.addExact(length, positions);
    if (needed > capacity) {
      int larger = Math.min(Math.max(needed, 2 * capacity), model.positions());
      try (Scope scope = new Scope()) {
        Value grown = scope.detach(model.grow(scope, tensors, length, larger));
        tensors.close();
        tensors = grown;
      }
      capacity = larger;
    }
  }

  void advance(int positions) {
    length += positions;
  }

  /** Frees the tensors. Does nothing the second time. */
  @Override
  public void close() {
    tensors.close();
  }
}
