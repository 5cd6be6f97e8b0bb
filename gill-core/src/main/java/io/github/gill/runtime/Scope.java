package io.github.gill.runtime;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Owns the native values of one call and frees them all when it closes.
 *
 * <p>Open one in try-with-resources around each piece of work. A scope is used by one thread.
 */
public final class Scope implements AutoCloseable {

  private final Set<Value> owned = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<Value> order = new ArrayDeque<>();
  private boolean closed;

  /**
   * Copies numbers into a tensor on the CPU.
   *
   * @param data the numbers in row-major order
   * @param shape the size of each axis; the product must be the number of numbers
   * @return an fp32 tensor
   */
  public Value floats(float[] data, long... shape) {
    checkSize(data.length, shape);
    return allocate(DataType.FLOAT32, shape, buffer -> buffer.asFloatBuffer().put(data));
  }

  /**
   * Copies numbers into a tensor on the CPU.
   *
   * @param data the numbers in row-major order
   * @param shape the size of each axis; the product must be the number of numbers
   * @return an int64 tensor
   */
  public Value longs(long[] data, long... shape) {
    checkSize(data.length, shape);
    return allocate(DataType.INT64, shape, buffer -> buffer.asLongBuffer().put(data));
  }

  /**
   * Allocates a tensor on the CPU and lets the caller fill its memory directly.
   *
   * @param fill receives the tensor's own memory in native byte order, valid only during the call
   * @param shape the size of each axis; the whole is at most 2 GiB
   * @return an fp32 tensor
   */
  Value filledFloats(java.util.function.Consumer<ByteBuffer> fill, long... shape) {
    return allocate(DataType.FLOAT32, shape, fill);
  }

  /**
   * Looks at memory outside the heap as a tensor, without copying.
   *
   * @param bytes a direct buffer that stays valid until every value derived from it is closed
   * @param type what the memory holds
   * @return a tensor of one axis
   */
  Value view(ByteBuffer bytes, DataType type) {
    try (PtNDArray array =
        JniUtils.createNdFromByteBuffer(
            Torch.manager(),
            bytes,
            new Shape(bytes.remaining() / type.getNumOfBytes()),
            type,
            SparseFormat.DENSE,
            ai.djl.Device.cpu())) {
      return own(new Value(IValue.from(array)));
    } catch (EngineException e) {
      throw EngineErrors.of("a tensor over " + bytes.remaining() + " mapped bytes", e);
    }
  }

  /**
   * Takes a value out of this scope.
   *
   * @param value a value of this scope
   * @return the same value, which the caller now closes
   * @throws IllegalArgumentException if the value belongs elsewhere
   */
  public Value detach(Value value) {
    if (!owned.remove(value)) {
      throw new IllegalArgumentException("the value does not belong to this scope");
    }
    order.remove(value);
    return value;
  }

  /**
   * Makes this scope the owner of a value.
   *
   * @param value a value that no scope owns
   * @return the same value
   */
  public Value own(Value value) {
    if (closed) {
      value.close();
      throw new IllegalStateException("the scope is closed");
    }
    owned.add(value);
    order.push(value);
    return value;
  }

  /** Frees what the scope still owns, newest first. Does nothing the second time. */
  @Override
  public void close() {
    closed = true;
    owned.clear();
    while (!order.isEmpty()) {
      order.pop().close();
    }
  }

  private Value allocate(
      DataType type, long[] shape, java.util.function.Consumer<ByteBuffer> fill) {
    try (PtNDArray array =
        JniUtils.createEmptyNdArray(
            Torch.manager(), new Shape(shape), type, ai.djl.Device.cpu(), SparseFormat.DENSE)) {
      fill.accept(JniUtils.getByteBuffer(array, true));
      return own(new Value(IValue.from(array)));
    } catch (EngineException e) {
      throw EngineErrors.of("a tensor of shape " + new Shape(shape), e);
    }
  }

  private static void checkSize(int found, long[] shape) {
    long expected = 1;
    for (long axis : shape) {
      expected = Math.multiplyExact(expected, axis);
    }
    if (found != expected) {
      throw new IllegalArgumentException(
          found + " numbers for a tensor of shape " + new Shape(shape) + ", which has " + expected);
    }
  }
}
