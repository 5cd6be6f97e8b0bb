package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Several files of one format, joined by an index. */
final class ShardedCheckpoint implements Checkpoint {

  private final ShardIndex index;
  private final Map<String, Checkpoint> shards;
  private final Map<String, TensorInfo> tensors;

  private ShardedCheckpoint(
      ShardIndex index, Map<String, Checkpoint> shards, Map<String, TensorInfo> tensors) {
    this.index = index;
    this.shards = shards;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens an index and every file it names.
   *
   * @param path the index
   * @return the tensors that the index names
   * @throws ModelFileException if a file is missing or wrong or lacks a tensor
   */
  static ShardedCheckpoint open(Path path) {
    ShardIndex index = ShardIndex.read(path);
    Map<String, Checkpoint> shards = new LinkedHashMap<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    try {
      index
          .files()
          .forEach(
              (tensor, file) -> {
                Checkpoint shard = shards.computeIfAbsent(file, f -> openShard(path, f));
                TensorInfo info = shard.tensors().get(tensor);
                if (info == null) {
                  throw new ModelFileException(
                      "%s lacks \"%s\", which %s says is there; download both again"
                          .formatted(file, tensor, path.getFileName()));
                }
                tensors.put(tensor, info);
              });
      return new ShardedCheckpoint(index, shards, tensors);
    } catch (RuntimeException | Error e) {
      shards.values().forEach(Checkpoint::close);
      throw e;
    }
  }

  private static Checkpoint openShard(Path index, String file) {
    Path shard = index.resolveSibling(file);
    if (!Files.isRegularFile(shard)) {
      throw new ModelFileException(
          "%s names %s, which is not beside it; download the missing file"
              .formatted(index.getFileName(), file));
    }
    return Checkpoints.openShard(shard);
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public ByteBuffer bytes(String name) {
    String file = index.files().get(name);
    if (file == null) {
      throw Checkpoints.unknown(this, name);
    }
    // Every file of the index was opened.
    return Objects.requireNonNull(shards.get(file)).bytes(name);
  }

  @Override
  public void checkUnchanged() {
    shards.values().forEach(Checkpoint::checkUnchanged);
  }

  @Override
  public String source() {
    return index.path().getFileName().toString();
  }

  @Override
  public void close() {
    shards.values().forEach(Checkpoint::close);
  }
}
