package io.github.gill.retrieval;

import io.github.gill.GillException;
import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import io.github.gill.testing.Scratch;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Servers' answers, URLs, indexes and decision heads. */
class RetrievalFuzzTest extends FuzzContract {

  @Override
  protected List<FuzzTarget> targets() throws IOException {
    Scratch scratch = new Scratch();
    RetrievalHeads heads = Micro.heads(2, 1);
    return List.of(
        FuzzTarget.ofTexts(
            "http-response",
            RetrievalFuzzTest::response,
            IOException.class,
            128,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: image/png\r\n\r\nabc",
            """
            HTTP/1.1 100 Continue

            HTTP/1.1 200 OK
            Transfer-Encoding: chunked

            3;x=y\r
            abc\r
            A\r
            0123456789\r
            0\r
            \r
            """,
            "HTTP/1.0 302 Found\r\nLocation: https://example.com/a?b\r\n\r\n"),
        FuzzTarget.ofTexts(
            "web-address",
            i -> {
              String[] urls = new String(i, StandardCharsets.UTF_8).split(" ", 2);
              var unused = WebAddress.parse(urls[0]).redirected(urls[urls.length - 1]).toString();
            },
            IllegalArgumentException.class,
            1024,
            "https://example.com:8080/a/b.png?x=y#z ../c",
            "http://[2001:db8::1]/ //b\u00fccher.example/\u00fc?q"),
        new FuzzTarget(
            "index",
            i -> index(scratch.file("index.safetensors", i), heads),
            List.of(GillException.class),
            256,
            List.of(
                index(scratch, heads, KeyStorage.FP16), index(scratch, heads, KeyStorage.INT8))),
        new FuzzTarget(
            "decision",
            i -> {
              scratch.file("decision.safetensors", i);
              DecisionHead.read(scratch.folder(), 2).orElseThrow().decide(new float[] {1, 2, 3});
            },
            List.of(ModelFileException.class, IllegalArgumentException.class),
            256,
            List.of(decision(scratch))));
  }

  private static void response(byte[] input) throws IOException {
    ResponseReader reader = new ResponseReader(new ByteArrayInputStream(input), 1 << 20);
    reader.body(reader.head());
  }

  private static void index(Path file, RetrievalHeads heads) {
    try (CandidateIndex index = IndexFile.open(file, heads, ComputeDevice.CPU)) {
      if (index.size() > 0) {
        index.topK(new float[] {1, 0}, 2, Set.of(0));
      }
    }
  }

  private static byte[] index(Scratch scratch, RetrievalHeads heads, KeyStorage storage)
      throws IOException {
    Path folder = Files.createDirectories(scratch.folder().resolve("index-" + storage));
    try (CandidateIndexWriter writer =
        CandidateIndexWriter.resume(folder, heads, storage, "fuzz", 2)) {
      writer.add("a.png", new float[] {1, 0}, 1);
      writer.add("b.png", new float[] {0.6f, 0.8f}, 2);
      writer.add("c.png", new float[] {0, 0}, 3);
      writer.finish();
    }
    return Files.readAllBytes(CandidateFolder.index(folder));
  }

  private static byte[] decision(Scratch scratch) throws IOException {
    Path file = scratch.folder().resolve("decision.safetensors");
    new SafetensorsWriter()
        .metadata("threshold", "0.6")
        .metadata("top_score", "true")
        .floats("1.weight", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
        .floats("1.bias", new float[] {0, 1}, 2)
        .write(file);
    return Files.readAllBytes(file);
  }
}
