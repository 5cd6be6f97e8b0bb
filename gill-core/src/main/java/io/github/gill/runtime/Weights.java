package io.github.gill.runtime;

import ai.djl.pytorch.jni.IValue;
import java.util.Map;

/** stub. */
public final class Weights implements AutoCloseable {
  private final IValue handle;

  Weights(Map<String, IValue> m) {
    handle = IValue.stringIValueMapFrom(m);
  }

  IValue handle() {
    return handle;
  }

  @Override
  public void close() {
    handle.close();
  }
}
