package io.github.gill.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes files as torch.save does, in both of its forms. */
final class TorchArchive {

  private static final Map<TensorType, String> STORAGES =
      Map.of(
          TensorType.F64, "DoubleStorage",
          TensorType.F32, "FloatStorage",
          TensorType.F16, "HalfStorage",
          TensorType.BF16, "BFloat16Storage",
          TensorType.I64, "LongStorage",
          TensorType.I32, "IntStorage",
          TensorType.I8, "CharStorage",
          TensorType.U8, "ByteStorage",
          TensorType.BOOL, "BoolStorage");

  private TorchArchive() {}

  /** Writes {@code {"epoch": 3, "state_dict": samples}} as a zip archive. */
  static byte[] zip(Map<String, Sample> samples) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", pickle(samples, false).stop());
    entries.put("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    int key = 0;
    for (Sample sample : samples.values()) {
      entries.put("data/" + key++, sample.content());
    }
    entries.put("version", "3\n".getBytes(StandardCharsets.US_ASCII));
    return zipOf("archive/", entries);
  }

  static byte[] zipOf(String root, Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> content : entries.entrySet()) {
        CRC32 crc = new CRC32();
        crc.update(content.getValue());
        ZipEntry entry = new ZipEntry(root + content.getKey());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.getValue().length);
        entry.setCompressedSize(content.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  /** Writes the same as a sequence of pickles. */
  static byte[] legacy(Map<String, Sample> samples) {
    return legacy(pickle(samples, true).stop(), List.copyOf(samples.values()));
  }

  /** Writes a pickle and its storages {@code "0"}, {@code "1"}, … as a sequence of pickles. */
  static byte[] legacy(byte[] pickle, List<Sample> storages) {
    Pickler file =
        Pickler.protocol(2)
            .op(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)
            .op('.')
            .op(0x80, 2)
            .integer(1001)
            .op('.')
            .op(0x80, 2)
            .ops("}(")
            .text("little_endian")
            .op(0x88)
            .ops("u.")
            .raw(pickle)
            .op(0x80, 2)
            .ops("](");
    for (int key = 0; key < storages.size(); key++) {
      file.text(String.valueOf(key));
    }
    file.ops("e.");
    for (Sample storage : storages) {
      file.u64(storage.info().elements()).raw(storage.content());
    }
    byte[] stopped = file.stop();
    return java.util.Arrays.copyOf(stopped, stopped.length - 1);
  }

  private static Pickler pickle(Map<String, Sample> samples, boolean legacy) {
    Pickler pickle = Pickler.protocol(2).ops("}(").text("epoch").integer(3).text("state_dict");
    pickle.global("collections", "OrderedDict").ops(")R(");
    int key = 0;
    for (Map.Entry<String, Sample> sample : samples.entrySet()) {
      TensorInfo info = sample.getValue().info();
      String storage = String.valueOf(key++);
      String type = STORAGES.getOrDefault(info.type(), "?");
      pickle
          .text(sample.getKey())
          .tensor(
              p -> {
                if (legacy) {
                  p.legacyStorage(type, storage, info.elements());
                } else {
                  p.storage(type, storage, info.elements());
                }
              },
              0,
              info.shape(),
              strides(info));
    }
    // state_dict() carries version numbers as an attribute of the dictionary.
    return pickle.ops("u}").text("_metadata").ops("}sbu");
  }

  private static List<Long> strides(TensorInfo info) {
    List<Long> strides = new ArrayList<>();
    long stride = 1;
    for (int axis = info.shape().size() - 1; axis >= 0; axis--) {
      strides.add(0, stride);
      stride *= Math.max(1, info.shape().get(axis));
    }
    return strides;
  }
}
