package io.github.gill.runtime;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A native value that goes into or comes out of a {@link Program}: a tensor of any type on any
 * device, a list, a tuple, a dictionary or a random generator.
 *
 * <p>A value belongs to the {@link Scope} it was made in and is freed with it, unless {@link
 * Scope#detach} hands it to the caller, who then closes it. Values may be read by several threads
 * at once; closing one that is in use elsewhere is the owner's mistake to avoid.
 */
public final class Value implements AutoCloseable {

  private static final AtomicLong ALIVE = new AtomicLong();

  private final IValue handle;
  private boolean closed;

  Value(IValue handle) {
    this.handle = handle;
    ALIVE.incrementAndGet();
  }

  /**
   * Returns how many values exist in this process and have not been closed.
   *
   * @return the number of values alive, for tests and monitoring
   */
  public static long alive() {
    return ALIVE.get();
  }

  /**
   * Copies a tensor to the heap.
   *
   * @return the numbers of a contiguous fp32 tensor in row-major order
   * @throws IllegalStateException if this is not a tensor of 32-bit floats
   */
  public float[] toFloats() {
    try (PtNDArray array = tensor(DataType.FLOAT32)) {
      return array.toFloatArray();
    }
  }

  /**
   * Copies a tensor to the heap.
   *
   * @return the numbers of a contiguous int64 tensor in row-major order
   * @throws IllegalStateException if this is not a tensor of 64-bit integers
   */
  public long[] toLongs() {
    try (PtNDArray array = tensor(DataType.INT64)) {
      return array.toLongArray();
    }
  }

  /**
   * Copies a tensor to the heap.
   *
   * @return the bytes of a contiguous uint8 tensor in row-major order
   * @throws IllegalStateException if this is not a tensor of unsigned bytes
   */
  public byte[] toBytes() {
    try (PtNDArray array = tensor(DataType.UINT8)) {
      return array.toByteArray();
    }
  }

  /**
   * Returns a tensor's shape.
   *
   * @return the size of each axis
   */
  public long[] shape() {
    try (PtNDArray array = handle.toTensor(Torch.manager())) {
      return array.getShape().getShape();
    }
  }

  /**
   * Returns an integer.
   *
   * @return the number that the program returned
   */
  public long toLong() {
    return handle.toLong();
  }

  /**
   * Takes a list or tuple apart.
   *
   * @param scope the owner of the elements
   * @return the elements in order
   */
  public List<Value> elements(Scope scope) {
    IValue[] parts = handle.isTuple() ? handle.toIValueTuple() : handle.toIValueArray();
    List<Value> values = new ArrayList<>(parts.length);
    for (IValue part : parts) {
      values.add(scope.own(new Value(part)));
    }
    return values;
  }

  /** Frees the native value. Does nothing the second time. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    ALIVE.decrementAndGet();
    NativeCalls.free(handle::close);
  }

  IValue handle() {
    return handle;
  }

  /** DJL would copy it too, but leave the copy to the manager that lives as long as the process. */
  private static PtNDArray onHost(PtNDArray array) {
    if (array.getDevice().equals(Device.cpu())) {
      return array;
    }
    try (array) {
      return array.toDevice(Device.cpu(), true);
    }
  }

  private PtNDArray tensor(DataType expected) {
    if (!handle.isTensor()) {
      throw new IllegalStateException("the value is a " + handle.getType() + ", not a tensor");
    }
    PtNDArray array = onHost(handle.toTensor(Torch.manager()));
    if (array.getDataType() != expected) {
      DataType found = array.getDataType();
      array.close();
      throw new IllegalStateException("the tensor holds " + found + ", expected " + expected);
    }
    return array;
  }
}
