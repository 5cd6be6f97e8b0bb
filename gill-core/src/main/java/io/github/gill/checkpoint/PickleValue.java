package io.github.gill.checkpoint;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** The values of a pickle that Java has no type for. */
sealed interface PickleValue {

  /** Python's None. */
  enum None implements PickleValue {
    /** The only value. */
    INSTANCE
  }

  /** An empty set; none other is read. */
  record EmptySet() implements PickleValue {}

  /** A tuple. Never compared or printed, because it may hold itself. */
  record Tuple(List<Object> items) implements PickleValue {}

  /** Bytes that stay where they are in the file. */
  record Bytes(long position, long length) implements PickleValue {}

  /** Bytes that protocol 2 writes as text, each character one byte. */
  record LatinBytes(String text) implements PickleValue {}

  /** Names a value's kind for messages. */
  static String kind(Object value) {
    if (value instanceof None) {
      return "None";
    } else if (value instanceof Tuple tuple) {
      return "a tuple of " + tuple.items().size();
    } else if (value instanceof EmptySet) {
      return "a set";
    } else if (value instanceof Bytes || value instanceof LatinBytes) {
      return "bytes";
    } else if (value instanceof String) {
      return "text";
    } else if (value instanceof Boolean) {
      return "a truth value";
    } else if (value instanceof Long || value instanceof BigInteger) {
      return "a whole number";
    } else if (value instanceof Double) {
      return "a number";
    } else if (value instanceof List) {
      return "a list";
    } else if (value instanceof Map) {
      return "a dictionary";
    } else {
      return value.toString();
    }
  }
}
