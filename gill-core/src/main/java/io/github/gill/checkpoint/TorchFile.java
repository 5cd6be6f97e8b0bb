package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Reads what {@code torch.save} wrote, in a file or nested in another, leaving tensors in place.
 *
 * <p>Since PyTorch 1.6 that is a zip archive: {@code NAME/data.pkl} describes everything, {@code
 * NAME/data/KEY} are the storages. Before, and to this day inside pickles of single tensors, it is
 * a sequence: three small pickles (a magic number, a version, the writer's byte order), the pickle
 * itself, a list of storage keys, and the storages in that order.
 */
final class TorchFile {

  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final int MAX_PICKLE = 1 << 24;

  private TorchFile() {}

  /**
   * Reads an archive.
   *
   * @param source the archive
   * @return the saved value; each tensor's storage knows its position in the source
   * @throws ModelFileException if it is damaged or holds anything that is not allowed
   */
  static Object readZip(ByteSource source) {
    ZipDirectory zip = ZipDirectory.read(source);
    String root = root(source, zip);
    if (zip.has(root + "byteorder")
        && !"little"
            .equals(
                new String(
                    entry(source, zip, root + "byteorder", 16), StandardCharsets.ISO_8859_1))) {
      throw new ModelFileException(
          source.name() + " was written on a big-endian machine; save it again on a usual one");
    }
    byte[] pickle = entry(source, zip, root + "data.pkl", MAX_PICKLE);
    CRC32 crc = new CRC32();
    crc.update(pickle);
    if (crc.getValue() != zip.crc(root + "data.pkl")) {
      throw new ModelFileException(
          source.name() + ": data.pkl does not match its checksum; download the file again");
    }
    TorchObjects objects = new TorchObjects();
    String name = source.name() + "/data.pkl";
    Object value = PickleMachine.run(new MemorySource(name, pickle), 0, objects).value();
    for (TorchStorage storage : objects.storages().values()) {
      String entry = root + "data/" + storage.key();
      if (zip.size(entry) < storage.bytes()) {
        throw new ModelFileException(
            "%s: storage %s has %d bytes, its tensors expect %d; download the file again"
                .formatted(source.name(), storage.key(), zip.size(entry), storage.bytes()));
      }
      storage.place(zip.position(entry));
    }
    return value;
  }

  /**
   * Reads the older sequence of pickles.
   *
   * @param source the sequence
   * @return the saved value; each tensor's storage knows its position in the source
   * @throws ModelFileException if it is damaged or holds anything that is not allowed
   */
  static Object readLegacy(ByteSource source) {
    TorchObjects objects = new TorchObjects();
    PickleMachine.Result magic = PickleMachine.run(source, 0, objects);
    PickleMachine.Result version = PickleMachine.run(source, magic.end(), objects);
    PickleMachine.Result system = PickleMachine.run(source, version.end(), objects);
    if (!MAGIC.equals(magic.value()) || !Long.valueOf(1001).equals(version.value())) {
      throw new ModelFileException(source.name() + " is not a file of torch.save");
    }
    if (!(system.value() instanceof Map<?, ?> map)
        || !Boolean.TRUE.equals(map.get("little_endian"))) {
      throw new ModelFileException(
          source.name() + " was written on a big-endian machine; save it again on a usual one");
    }
    PickleMachine.Result value = PickleMachine.run(source, system.end(), objects);
    PickleMachine.Result keys = PickleMachine.run(source, value.end(), objects);
    place(source, objects, keys);
    return value.value();
  }

  private static void place(ByteSource source, TorchObjects objects, PickleMachine.Result keys) {
    Set<Object> placed = new HashSet<>();
    long position = keys.end();
    if (keys.value() instanceof List<?> list) {
      for (Object key : list) {
        TorchStorage storage = key instanceof String name ? objects.storages().get(name) : null;
        if (storage == null || !placed.add(key) || source.i64(position) != storage.elements()) {
          throw new ModelFileException(
              source.name() + ": its list of storages does not fit its tensors");
        }
        storage.place(position + 8);
        source.check(position + 8, storage.bytes());
        position += 8 + storage.bytes();
      }
    }
    if (placed.size() != objects.storages().size()) {
      throw new ModelFileException(source.name() + " lacks the storages of some tensors");
    }
  }

  private static String root(ByteSource source, ZipDirectory zip) {
    for (String name : zip.names()) {
      if (name.equals("data.pkl") || name.endsWith("/data.pkl")) {
        String root = name.substring(0, name.length() - "data.pkl".length());
        if (zip.has(root + "constants.pkl")) {
          throw new ModelFileException(
              source.name() + " is a TorchScript program, not a checkpoint; save its state_dict()");
        }
        return root;
      }
    }
    throw new ModelFileException(
        source.name() + " is a zip archive, but not one of torch.save: it has no data.pkl");
  }

  private static byte[] entry(ByteSource source, ZipDirectory zip, String name, int limit) {
    long size = zip.size(name);
    if (size > limit) {
      throw new ModelFileException(
          "%s: %s has %d bytes, at most %d are read".formatted(source.name(), name, size, limit));
    }
    return source.copy(zip.position(name), (int) size);
  }
}
