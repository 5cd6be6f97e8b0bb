package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import io.github.gill.testing.Scratch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The formats of model files and candidates. */
class CheckpointFuzzTest extends FuzzContract {

  @Override
  protected List<FuzzTarget> targets() throws IOException {
    Map<String, Sample> samples = Sample.everyKind(1);
    Scratch scratch = new Scratch();
    byte[] safetensors = safetensors(scratch, samples);
    byte[] zip = TorchArchive.zip(samples);
    byte[] legacy = TorchArchive.legacy(samples);
    int header = (int) ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return List.of(
        target("checkpoint", i -> readAll(scratch.file("c", i)), safetensors, zip, legacy),
        target(
            "safetensors-header",
            i -> readAll(scratch.file("h", framed(i, safetensors.length - 8 - header))),
            Arrays.copyOfRange(safetensors, 8, 8 + header)),
        target("torch-pickle", i -> readAll(scratch.file("t", archived(i))), tensors(zip)),
        target(
            "pickle",
            i -> PickleMachine.run(new MemorySource("pickle", i), 0, new TorchObjects()),
            tensors(zip),
            harmless()),
        target(
            "candidates",
            i -> candidates(new MemorySource("candidates", i)),
            candidates(p -> CandidatePickleTest.array(p, "f4", "<", List.of(2L), 8)),
            candidates(p -> p.tensor(CheckpointFuzzTest::nested, 0, List.of(2L), List.of(1L)))),
        FuzzTarget.ofTexts(
            "shard-index",
            i -> ShardIndex.read(scratch.file("i", i)),
            ModelFileException.class,
            64,
            "{\"metadata\": {\"total_size\": 8}, \"weight_map\": {\"a.b\": \"x-1-of-2.bin\"}}"));
  }

  private static FuzzTarget target(String name, FuzzTarget.Parser parser, byte[]... seeds) {
    return new FuzzTarget(name, parser, List.of(ModelFileException.class), 256, List.of(seeds));
  }

  private static void readAll(Path file) {
    try (Checkpoint checkpoint = Checkpoints.openFile(file)) {
      for (String name : checkpoint.tensors().keySet()) {
        ByteBuffer bytes = checkpoint.bytes(name);
        while (bytes.hasRemaining()) {
          bytes.get();
        }
      }
    }
  }

  private static byte[] safetensors(Scratch scratch, Map<String, Sample> samples)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
    samples.forEach((n, s) -> writer.tensor(n, s.info(), () -> ByteBuffer.wrap(s.content())));
    return Files.readAllBytes(writer.write(scratch.folder().resolve("model.safetensors")));
  }

  /** Puts a header's right length before it and zeros behind it. */
  private static byte[] framed(byte[] header, int content) {
    return ByteBuffer.allocate(8 + header.length + content)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  /** Puts a pickle into an archive whose checksums are right. */
  private static byte[] archived(byte[] pickle) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", pickle);
    for (int key = 0; key < 12; key++) {
      entries.put("data/" + key, new byte[300]);
    }
    return TorchArchive.zipOf("archive/", entries);
  }

  private static byte[] tensors(byte[] zip) {
    ByteSource source = new MemorySource("zip", zip);
    ZipDirectory directory = ZipDirectory.read(source);
    String name = "archive/data.pkl";
    return source.copy(directory.position(name), (int) directory.size(name));
  }

  private static byte[] harmless() {
    return Pickler.protocol(4)
        .op(0x95)
        .u64(1)
        .ops("]q\u0001(N")
        .op(0x88, 0x89, 0x8f, 'h', 1, '0', '2', '0')
        .ops("K\u0007M\u0001\u0001J\u00ff\u00ff\u00ff\u00ffG?\u00f8\0\0\0\0\0\0")
        .op(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x8c, 1, 'a', 0x94, 'e')
        .stop();
  }

  private static void candidates(ByteSource source) {
    CandidateObjects objects = new CandidateObjects(source, CandidatePickleTest.NOTHING);
    PickleMachine.run(source, 0, objects);
  }

  private static byte[] candidates(Consumer<Pickler> vector) {
    Pickler pickle = Pickler.protocol(4).ops("}(").text("paths").ops("](");
    pickle.text("a.png").text("b.png").ops("e").text("embeddings").ops("](");
    vector.accept(pickle);
    vector.accept(pickle);
    return pickle.ops("eu").stop();
  }

  /** Writes a storage as PyTorch does outside torch.save: as the bytes of a file of its own. */
  private static void nested(Pickler pickle) {
    byte[] file =
        TorchArchive.legacy(
            Pickler.protocol(2).legacyStorage("FloatStorage", "0", 2).stop(),
            List.of(Sample.floats(1, 2)));
    pickle
        .global("torch.storage", "_load_from_bytes")
        .op('B')
        .u32(file.length)
        .raw(file)
        .op(0x85, 'R');
  }
}
