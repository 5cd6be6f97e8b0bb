package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

class TorchZipTest extends CheckpointContract {

  @Override
  Path write(Path folder, Map<String, Sample> samples) throws IOException {
    return Files.write(folder.resolve("pytorch_model.bin"), TorchArchive.zip(samples));
  }

  private Path file(byte[] pickle, Map<String, byte[]> others) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>(others);
    entries.put("data.pkl", pickle);
    return Files.write(folder.resolve("x.pt"), TorchArchive.zipOf("x/", entries));
  }

  private static byte[] one(long offset, List<Long> shape, List<Long> strides, long elements) {
    return Pickler.protocol(2)
        .op('}')
        .text("t")
        .tensor(p -> p.storage("ByteStorage", "0", elements), offset, shape, strides)
        .op('s')
        .stop();
  }

  @Test
  void gathersStridedViewsAndMapsContiguousOnes() throws IOException {
    byte[] storage = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    Map<String, byte[]> data = Map.of("data/0", storage);
    Object[][] cases = {
      {0L, List.of(3L, 4L), List.of(4L, 1L), new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
      {0L, List.of(4L, 3L), List.of(1L, 4L), new byte[] {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}},
      {5L, List.of(2L, 2L), List.of(4L, 1L), new byte[] {5, 6, 9, 10}},
      {1L, List.of(3L), List.of(2L), new byte[] {1, 3, 5}},
      {7L, List.of(1L, 4L, 1L), List.of(99L, 1L, 5L), new byte[] {7, 8, 9, 10}},
      {11L, List.of(), List.of(), new byte[] {11}},
      {12L, List.of(0L, 5L), List.of(5L, 1L), new byte[] {}},
      {0L, List.of(4L, 2L), List.of(1L, 1L), new byte[] {0, 1, 1, 2, 2, 3, 3, 4}},
    };
    for (Object[] c : cases) {
      @SuppressWarnings("unchecked") // The table above.
      List<Long> shape = (List<Long>) c[1];
      @SuppressWarnings("unchecked") // The table above.
      List<Long> strides = (List<Long>) c[2];
      Path file = file(one((Long) c[0], shape, strides, 12), data);
      try (Checkpoint checkpoint = Checkpoints.open(file)) {
        assertEquals(shape, checkpoint.tensors().get("t").shape());
        assertArrayEquals((byte[]) c[3], content(checkpoint, "t"), strides.toString());
        assertArrayEquals((byte[]) c[3], content(checkpoint, "t"), "a second time");
      }
    }
  }

  @Test
  void refusesViewsThatLeaveOrRepeatTheirStorage() throws IOException {
    Map<String, byte[]> data = Map.of("data/0", new byte[12]);
    refuses(one(1, List.of(12L), List.of(1L), 12), data, "reaches element 12 of a storage of 12");
    refuses(one(0, List.of(1L << 40), List.of(0L), 12), data, "repeats a storage of 12");
    refuses(one(0, List.of(2L), List.of(1L << 62), 12), data, "of a storage of 12");
    refuses(one(0, List.of(3L), List.of(Long.MAX_VALUE), 12), data, "impossible shape");
    refuses(one(0, List.of(-1L), List.of(1L), 12), data, "shape or strides hold");
    refuses(one(-1, List.of(1L), List.of(1L), 12), data, "offset -1");
    refuses(one(0, List.of(1L, 1L), List.of(1L), 12), data, "strides [1]");
    refuses(
        one(0, List.of(1L), List.of(1L), 13),
        data,
        "storage 0 has 12 bytes, its tensors expect 13");
    refuses(one(0, List.of(1L), List.of(1L), -1), data, "persistent id");
    refuses(one(0, List.of(1L), List.of(1L), Long.MAX_VALUE), data, "persistent id");
    refuses(one(0, List.of(1L), List.of(1L), 12), Map.of(), "entry \"x/data/0\" is missing");
  }

  @Test
  void readsTheRootWhereThereIsNoStateDict() throws IOException {
    byte[] pickle =
        Pickler.protocol(4)
            .op('}')
            .op('(')
            .text("a")
            .global("torch._utils", "_rebuild_parameter")
            .op('(')
            .tensor(p -> p.storage("FloatStorage", "0", 1), 0, List.of(), List.of())
            .op(0x88)
            .global("collections", "OrderedDict")
            .ops(")RtR")
            .text("note")
            .text("ignored")
            .ops("u")
            .stop();
    Path file = file(pickle, Map.of("data/0", new byte[4]));
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertEquals("[a]", checkpoint.tensors().keySet().toString());
    }
  }

  @Test
  void refusesWhatHoldsNoTensors() throws IOException {
    refuses(Pickler.protocol(2).ops("}").stop(), Map.of(), "holds no tensors");
    refuses(
        Pickler.protocol(2).ops("]").stop(), Map.of(), "x.pt holds a list, expected a dictionary");
  }

  @Test
  void refusesAStorageDescribedInTwoWays() throws IOException {
    byte[] pickle =
        Pickler.protocol(2)
            .ops("}(")
            .text("a")
            .storage("FloatStorage", "0", 1)
            .text("b")
            .storage("ByteStorage", "0", 4)
            .ops("u")
            .stop();
    refuses(pickle, Map.of("data/0", new byte[4]), "storage \"0\" is described in two ways");
  }

  @Test
  void refusesBigEndianFilesProgramsAndForeignArchives() throws IOException {
    byte[] pickle = one(0, List.of(1L), List.of(1L), 1);
    byte[] big = "big".getBytes(StandardCharsets.US_ASCII);
    refuses(pickle, Map.of("data/0", new byte[1], "byteorder", big), "big-endian");
    refuses(pickle, Map.of("constants.pkl", new byte[1]), "is a TorchScript program");
    Path docx = folder.resolve("a.docx");
    Files.write(docx, TorchArchive.zipOf("", Map.of("word.xml", new byte[3])));
    assertTrue(Refused.message(() -> Checkpoints.open(docx)).contains("it has no data.pkl"));
  }

  @Test
  void refusesAZipBombWithoutInflatingIt() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("x/data.pkl"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 64; i++) {
        zip.write(zeros);
      }
      zip.closeEntry();
    }
    Path file = Files.write(folder.resolve("bomb.pt"), bytes.toByteArray());
    assertTrue(bytes.size() < 100_000);
    assertTrue(
        Refused.message(() -> Checkpoints.open(file))
            .startsWith("bomb.pt: x/data.pkl has 67108864"));
  }

  @Test
  void refusesCompressedEntries() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("x/data.pkl"));
      zip.write(new byte[1000]);
      zip.closeEntry();
    }
    Path file = Files.write(folder.resolve("packed.pt"), bytes.toByteArray());
    assertTrue(Refused.message(() -> Checkpoints.open(file)).contains("compressed or encrypted"));
  }

  @Test
  void refusesADamagedPickleByItsChecksum() throws IOException {
    Path file = file(one(0, List.of(1L), List.of(1L), 1), Map.of("data/0", new byte[1]));
    String whole = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file, whole.replace("ByteStorage", "BoolStorage"), StandardCharsets.ISO_8859_1);
    assertTrue(Refused.message(() -> Checkpoints.open(file)).contains("checksum"));
  }

  @Test
  void readsZip64Directories() throws IOException {
    byte[] zip = TorchArchive.zip(Map.of("x", Sample.floats(1, 2)));
    ByteBuffer old = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
    int end = zip.length - 22;
    int directory = old.getInt(end + 16);
    // The first entry's sizes and position move to a zip64 field, the directory's to its own.
    int nameLength = old.getShort(directory + 28);
    int extra = directory + 46 + nameLength;
    ByteBuffer wide = ByteBuffer.allocate(zip.length + 200).order(ByteOrder.LITTLE_ENDIAN);
    wide.put(zip, 0, extra).putShort((short) 1).putShort((short) 24);
    wide.putLong(old.getInt(directory + 24)).putLong(old.getInt(directory + 20));
    wide.putLong(old.getInt(directory + 42)).put(zip, extra, end - extra);
    wide.putInt(directory + 20, -1).putInt(directory + 24, -1).putInt(directory + 42, -1);
    wide.putShort(directory + 30, (short) 28);
    int end64 = wide.position();
    wide.putInt(0x06064b50).putLong(44).putInt(0).putLong(0);
    wide.putLong(old.getShort(end + 10)).putLong(old.getShort(end + 10));
    wide.putLong(end64 - directory).putLong(directory);
    wide.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
    wide.putInt(0x06054b50).putInt(0).putInt(-1).putInt(-1).putInt(-1).putShort((short) 0);
    Path file = folder.resolve("wide.pt");
    Files.write(file, Arrays.copyOf(wide.array(), wide.position()));
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertEquals(1f, checkpoint.bytes("x").getFloat());
    }
  }

  private void refuses(byte[] pickle, Map<String, byte[]> entries, String expected)
      throws IOException {
    Path file = file(pickle, entries);
    String message = Refused.message(() -> Checkpoints.open(file).close());
    assertTrue(message.contains(expected), message);
  }
}
