package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A view into a storage, as PyTorch describes it.
 *
 * @param storage the memory
 * @param offset the first element's index in it
 * @param info type and shape
 * @param strides the distance between neighbours on each axis, in elements
 */
record TorchTensor(TorchStorage storage, long offset, TensorInfo info, List<Long> strides) {

  /** Checks that every element lies in the storage and that no view is larger than it. */
  TorchTensor {
    List<Long> shape = info.shape();
    if (shape.size() != strides.size() || offset < 0) {
      throw new PickleObjects.Refusal(
          "a tensor has shape %s, strides %s and offset %d".formatted(shape, strides, offset));
    }
    try {
      long elements = info.elements();
      long last = offset;
      for (int axis = 0; axis < shape.size(); axis++) {
        if (strides.get(axis) < 0) {
          throw new PickleObjects.Refusal("a tensor has the negative stride " + strides.get(axis));
        }
        last =
            Math.addExact(
                last, Math.multiplyExact(Math.max(shape.get(axis) - 1, 0), strides.get(axis)));
      }
      if (elements > 0 && last >= storage.elements()) {
        throw new PickleObjects.Refusal(
            "a tensor of shape %s reaches element %d of a storage of %d"
                .formatted(shape, last, storage.elements()));
      }
      if (elements > storage.elements()) {
        throw new PickleObjects.Refusal(
            "a tensor of shape %s repeats a storage of %d elements; call contiguous() before saving"
                .formatted(shape, storage.elements()));
      }
    } catch (ArithmeticException e) {
      throw new PickleObjects.Refusal("a tensor has the impossible shape " + shape);
    }
  }

  /** Says whether the elements lie in row-major order without gaps. */
  boolean contiguous() {
    List<Long> shape = info.shape();
    if (info.elements() == 0) {
      return true;
    }
    long expected = 1;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      if (shape.get(axis) != 1) {
        if (strides.get(axis) != expected) {
          return false;
        }
        expected *= shape.get(axis);
      }
    }
    return true;
  }

  /**
   * Copies the elements in row-major order.
   *
   * @param memory the storage's bytes
   * @param bytes the size of the tensor
   * @return a read-only direct little-endian buffer
   */
  ByteBuffer gather(ByteBuffer memory, int bytes) {
    ByteBuffer target = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    gather(memory, target, 0, offset);
    return target.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private void gather(ByteBuffer memory, ByteBuffer target, int axis, long at) {
    int size = info.type().bytes();
    int axes = strides.size();
    if (axis == axes) {
      target.put(memory.slice((int) (at * size), size));
      return;
    }
    long length = info.shape().get(axis);
    long stride = strides.get(axis);
    if (axis == axes - 1 && stride == 1) {
      target.put(memory.slice((int) (at * size), (int) (length * size)));
      return;
    }
    if (axis == axes - 1) {
      for (long i = 0; i < length; i++) {
        int from = (int) ((at + i * stride) * size);
        for (int b = 0; b < size; b++) {
          target.put(memory.get(from + b));
        }
      }
      return;
    }
    for (long i = 0; i < length; i++) {
      gather(memory, target, axis + 1, at + i * stride);
    }
  }

  @Override
  public String toString() {
    return "a tensor";
  }
}
