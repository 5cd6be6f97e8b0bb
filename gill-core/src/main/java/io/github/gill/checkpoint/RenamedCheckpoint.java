package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A checkpoint under other names. */
public final class RenamedCheckpoint implements Checkpoint {

  private final Checkpoint original;
  private final Map<String, String> originalNames = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  /**
   * Renames tensors.
   *
   * @param original the checkpoint, closed with this one
   * @param rename from a name in the file to the new name
   */
  public RenamedCheckpoint(Checkpoint original, UnaryOperator<String> rename) {
    this.original = original;
    original
        .tensors()
        .forEach(
            (name, info) -> {
              String renamed = rename.apply(name);
              originalNames.put(renamed, name);
              tensors.put(renamed, info);
            });
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public ByteBuffer bytes(String name) {
    String originalName = originalNames.get(name);
    if (originalName == null) {
      throw new IllegalArgumentException(source() + " has no tensor \"" + name + "\"");
    }
    return original.bytes(originalName);
  }

  @Override
  public void checkUnchanged() {
    original.checkUnchanged();
  }

  @Override
  public String source() {
    return original.source();
  }

  @Override
  public void close() {
    original.close();
  }
}
