package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** One safetensors file. */
final class SafetensorsCheckpoint implements Checkpoint {

  private final MappedFile file;
  private final Map<String, SafetensorsHeader.Entry> entries;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, String> metadata;

  private SafetensorsCheckpoint(MappedFile file, SafetensorsHeader header) {
    this.file = file;
    this.entries = header.entries();
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    entries.forEach((name, entry) -> infos.put(name, entry.info()));
    this.tensors = Collections.unmodifiableMap(infos);
    this.metadata = Collections.unmodifiableMap(header.metadata());
  }

  /**
   * Opens a file and checks its header.
   *
   * @param path the file
   * @return its tensors
   * @throws io.github.gill.ModelFileException if the header is wrong in any way
   */
  static SafetensorsCheckpoint open(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      return new SafetensorsCheckpoint(file, SafetensorsHeader.read(file));
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public ByteBuffer bytes(String name) {
    SafetensorsHeader.Entry entry = entries.get(name);
    if (entry == null) {
      throw Checkpoints.unknown(this, name);
    }
    return file.slice(entry.begin(), Checkpoints.mappable(this, name, entry.info()));
  }

  @Override
  public void checkUnchanged() {
    file.checkUnchanged();
  }

  @Override
  public String source() {
    return file.path().getFileName().toString();
  }

  @Override
  public void close() {
    file.close();
  }
}
