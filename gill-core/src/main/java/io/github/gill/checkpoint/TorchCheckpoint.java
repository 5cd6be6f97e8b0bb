package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A file of {@code torch.save}: {@code .bin}, {@code .pt}, {@code .pth}, {@code .pth.tar}.
 *
 * <p>Its tensors are those of {@code ["state_dict"]} if the file has that, otherwise those of its
 * root. Contiguous ones are mapped; the others are copied into order when first asked for, and kept
 * until this is closed.
 */
final class TorchCheckpoint implements Checkpoint {

  private final MappedFile file;
  private final Map<String, TorchTensor> entries;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, ByteBuffer> gathered = new ConcurrentHashMap<>();

  private TorchCheckpoint(MappedFile file, Map<String, TorchTensor> entries) {
    this.file = file;
    this.entries = entries;
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    entries.forEach((name, tensor) -> infos.put(name, tensor.info()));
    this.tensors = Collections.unmodifiableMap(infos);
  }

  /**
   * Opens a zip archive.
   *
   * @param path the file
   * @return its tensors
   * @throws ModelFileException if it is damaged or holds anything that is not allowed
   */
  static TorchCheckpoint openZip(Path path) {
    return open(path, TorchFile::readZip);
  }

  /**
   * Opens a file in the form before PyTorch 1.6.
   *
   * @param path the file
   * @return its tensors
   * @throws ModelFileException if it is damaged or holds anything that is not allowed
   */
  static TorchCheckpoint openLegacy(Path path) {
    return open(path, TorchFile::readLegacy);
  }

  private static TorchCheckpoint open(Path path, Function<ByteSource, Object> reader) {
    MappedFile file = MappedFile.open(path);
    try {
      String name = path.getFileName().toString();
      Object root = reader.apply(new FileSource(name, file.channel(), file.size()));
      return new TorchCheckpoint(file, tensors(name, root));
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static Map<String, TorchTensor> tensors(String file, Object root) {
    if (!(root instanceof Map<?, ?> map)) {
      throw new ModelFileException(
          "%s holds %s, expected a dictionary of tensors; save a state_dict()"
              .formatted(file, PickleValue.kind(root)));
    }
    if (map.get("state_dict") instanceof Map<?, ?> nested) {
      map = nested;
    }
    Map<String, TorchTensor> tensors = new LinkedHashMap<>();
    map.forEach(
        (name, value) -> {
          if (name instanceof String text && value instanceof TorchTensor tensor) {
            tensors.put(text, tensor);
          }
        });
    if (tensors.isEmpty()) {
      throw new ModelFileException(
          file + " holds no tensors, neither at its root nor under \"state_dict\"");
    }
    return tensors;
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public ByteBuffer bytes(String name) {
    TorchTensor tensor = entries.get(name);
    if (tensor == null) {
      throw Checkpoints.unknown(this, name);
    }
    int bytes = Checkpoints.mappable(this, name, tensor.info());
    TorchStorage storage = tensor.storage();
    if (tensor.contiguous()) {
      // An empty tensor may have any offset.
      long offset = bytes == 0 ? 0 : tensor.offset() * storage.type().bytes();
      return file.slice(storage.position() + offset, bytes);
    }
    ByteBuffer copy =
        gathered.computeIfAbsent(
            name,
            n -> {
              TensorInfo whole = new TensorInfo(storage.type(), List.of(storage.elements()));
              int size = Checkpoints.mappable(this, n, whole);
              try {
                return tensor.gather(file.slice(storage.position(), size), bytes);
              } catch (InternalError e) {
                // What the JVM makes of a mapped file that lost its end.
                throw new ModelFileException(
                    source() + " was shortened while it was read; leave model files alone", e);
              }
            });
    return copy.duplicate().order(ByteOrder.LITTLE_ENDIAN);
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
    gathered.clear();
    file.close();
  }
}
