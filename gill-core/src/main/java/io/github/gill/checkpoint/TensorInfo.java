package io.github.gill.checkpoint;

import java.util.List;

/**
 * What a checkpoint says of one tensor.
 *
 * @param type the element type
 * @param shape the size of each axis, empty for a scalar
 */
public record TensorInfo(TensorType type, List<Long> shape) {

  /** Copies the shape and checks that no axis is negative. */
  public TensorInfo {
    shape = List.copyOf(shape);
    for (long axis : shape) {
      if (axis < 0) {
        throw new IllegalArgumentException("shape " + shape + " has a negative axis");
      }
    }
  }

  /**
   * Returns the number of elements.
   *
   * @return the product of the axes, 1 for a scalar
   * @throws ArithmeticException if it does not fit 63 bits
   */
  public long elements() {
    long elements = 1;
    for (long axis : shape) {
      elements = Math.multiplyExact(elements, axis);
    }
    return elements;
  }

  /**
   * Returns the size of the contiguous tensor.
   *
   * @return bytes
   * @throws ArithmeticException if it does not fit 63 bits
   */
  public long bytes() {
    return Math.multiplyExact(elements(), type.bytes());
  }
}
