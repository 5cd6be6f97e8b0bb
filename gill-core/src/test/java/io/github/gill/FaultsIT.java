package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.testing.ChildProcess;
import io.github.gill.testing.Micro;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What ends a request, or one engine, and leaves the library usable. */
@Timeout(120)
class FaultsIT {

  private static final Prompt PROMPT = Prompt.of("A cat sat on a woven basket");
  private static final AnswerSettings SETTINGS = AnswerSettings.builder().numWords(6).build();
  private static final String ANSWER = "ntntntntntnt";

  private static Gill gill;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    gill = Gill.load(Micro.FOLDER);
  }

  @AfterAll
  static void close() {
    gill.close();
  }

  private static void assertGoesOn(long valuesBefore) {
    assertEquals(ANSWER, gill.answer(PROMPT, SETTINGS).text());
    assertEquals(valuesBefore, Value.alive());
  }

  private static <T extends Throwable> T ends(
      Class<T> expected, Consumer<AnswerEvent> listener, Trace trace) {
    return assertThrows(expected, () -> gill.submit(PROMPT, SETTINGS, listener, trace).join());
  }

  /** Simulated: the heap is full while an answer's listener works. */
  @Test
  void endsTheRequestThatFillsTheHeap() {
    long before = Value.alive();
    InsufficientMemoryException e =
        ends(
            InsufficientMemoryException.class,
            event -> {
              throw new OutOfMemoryError("Java heap space");
            },
            (name, values, shape) -> {});
    assertEquals(
        "the JVM has no memory left (Java heap space); ask for less or raise -Xmx", e.getMessage());
    assertGoesOn(before);
  }

  /** Real: libtorch is asked for more than any machine has, in the middle of an answer. */
  @Test
  void endsTheRequestThatTheAllocatorRefuses() {
    long before = Value.alive();
    String source =
        """
        def take(self: __torch__.Net, n: int) -> Tensor:
          return torch.empty([n], dtype=6, layout=None, device=None, pin_memory=None, memory_format=None)
        """;
    try (Program hungry = Program.compile("hungry", source)) {
      InsufficientMemoryException e =
          ends(
              InsufficientMemoryException.class,
              event -> {},
              (name, values, shape) -> {
                try (Scope scope = new Scope()) {
                  hungry.call(scope, "take", 1L << 45);
                }
              });
      assertTrue(e.getMessage().startsWith("hungry.take: memory ran out ("), e.getMessage());
      assertTrue(e.getMessage().endsWith("or free memory"), e.getMessage());
    }
    assertGoesOn(before);
  }

  /** Real: a JVM with a small heap meets a large picture and a listener that keeps everything. */
  @Test
  void survivesASmallHeap() throws Exception {
    String output = ChildProcess.of(SmallHeap.class).options("-Xmx64m").run(folder);
    assertEquals("-Xmx -Xmx " + ANSWER, output.lines().reduce((a, b) -> b).orElse("").strip());
  }

  /** What the child does: prints how it fared. */
  static final class SmallHeap {

    public static void main(String[] args) {
      BufferedImage large = new BufferedImage(7000, 7000, BufferedImage.TYPE_BYTE_BINARY);
      byte[] png = io.github.gill.vision.PngWriter.encode(large, java.util.Map.of());
      List<byte[]> kept = new ArrayList<>();
      try (Gill small = Gill.load(Micro.FOLDER)) {
        String decoding =
            refusal(
                LimitException.class,
                () -> small.answer(Prompt.builder().image(png).text("What?").build(), SETTINGS));
        String listening =
            refusal(
                InsufficientMemoryException.class,
                () ->
                    small
                        .submit(
                            PROMPT,
                            SETTINGS,
                            event -> {
                              while (true) {
                                kept.add(new byte[1 << 20]);
                              }
                            })
                        .join());
        System.out.println(kept.size() + " MiB were kept");
        kept.clear();
        System.out.println(
            decoding + " " + listening + " " + small.answer(PROMPT, SETTINGS).text());
      }
    }

    private static String refusal(Class<? extends GillException> type, Runnable request) {
      try {
        request.run();
        return "answered";
      } catch (GillException e) {
        return type.isInstance(e) && e.getMessage().contains("-Xmx") ? "-Xmx" : e.toString();
      }
    }
  }

  /** Native code would die of a shortened file's mapping, so it is not let near. */
  @Test
  void refusesToReadAModelFileThatWasShortened() throws IOException {
    try (Gill own = loadCopy()) {
      assertEquals(ANSWER, own.answer(PROMPT, SETTINGS).text());
      for (Path shard : shards()) {
        try (FileChannel file = FileChannel.open(shard, StandardOpenOption.WRITE)) {
          file.truncate(100);
        }
      }
      String message =
          assertThrows(ModelFileException.class, () -> own.answer(PROMPT, SETTINGS)).getMessage();
      assertTrue(
          message.matches(
              "pytorch_model-0000.-of-00002.bin changed from \\d+ to 100 bytes while it was open;"
                  + " load the model again, and replace its files by renaming, never in place"),
          message);
    }
    assertEquals(ANSWER, gill.answer(PROMPT, SETTINGS).text(), "another engine goes on");
  }

  @Test
  void refusesToReadAModelFileThatWasWrittenTo() throws IOException {
    try (Gill own = loadCopy()) {
      for (Path shard : shards()) {
        Files.setLastModifiedTime(shard, FileTime.from(Instant.EPOCH));
      }
      String message =
          assertThrows(ModelFileException.class, () -> own.answer(PROMPT, SETTINGS)).getMessage();
      assertTrue(message.contains("changed its content while it was open"), message);
    }
  }

  /** What is mapped of a file outlives its name. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "files in use keep their names there")
  void answersOnWhenModelFilesAreRemovedOrReplaced() throws IOException {
    try (Gill own = loadCopy()) {
      List<Path> shards = shards();
      Files.delete(shards.get(0));
      Path other = Files.write(folder.resolve("other"), new byte[10]);
      Files.move(other, shards.get(1), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      assertEquals(ANSWER, own.answer(PROMPT, SETTINGS).text());
    }
    String message = assertThrows(ModelFileException.class, this::loadCopied).getMessage();
    assertTrue(message.contains("pytorch_model-00001-of-00002.bin"), message);
  }

  private Gill loadCopy() throws IOException {
    Path lm = Files.createDirectories(folder.resolve("lm"));
    try (var files = Files.list(Micro.FOLDER.resolve("lm"))) {
      for (Path file : files.toList()) {
        Files.copy(file, lm.resolve(file.getFileName()));
      }
    }
    return loadCopied();
  }

  private Gill loadCopied() {
    return Gill.builder().model(Micro.FOLDER).languageModel(folder.resolve("lm")).build();
  }

  private List<Path> shards() throws IOException {
    try (var files = Files.list(folder.resolve("lm"))) {
      return files.filter(file -> file.toString().endsWith(".bin")).sorted().toList();
    }
  }
}
