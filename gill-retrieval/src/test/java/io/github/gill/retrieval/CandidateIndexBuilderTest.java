package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Limits;
import io.github.gill.RetrievalException;
import io.github.gill.testing.ChildProcess;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class CandidateIndexBuilderTest {

  private static final int PICTURES = 23;

  @TempDir Path folder;
  private final List<Integer> keyed = new ArrayList<>();

  @BeforeEach
  void draw() throws IOException {
    Files.createDirectories(folder.resolve("images/more"));
    for (int i = 0; i < PICTURES; i++) {
      draw(i);
    }
    Files.writeString(folder.resolve("images/notes.txt"), "no picture, and not called one");
  }

  private void draw(int i) throws IOException {
    // The width tells the key function which one it is.
    BufferedImage image = new BufferedImage(i + 1, 1, BufferedImage.TYPE_INT_RGB);
    String name = "images/%s%03d.png".formatted(i % 2 == 0 ? "" : "more/", i);
    ImageIO.write(image, "png", folder.resolve(name).toFile());
  }

  private float[] key(BufferedImage picture) {
    int i = picture.getWidth() - 1;
    keyed.add(i);
    return angle(i);
  }

  private static float[] angle(int i) {
    return new float[] {(float) Math.cos(0.1 * i), (float) Math.sin(0.1 * i)};
  }

  private CandidateIndexBuilder builder() {
    return new CandidateIndexBuilder(folder, Micro.heads(2, 1), Limits.DEFAULTS).batch(4);
  }

  private void checkIndex(int size) {
    try (CandidateIndex index = CandidateIndex.open(folder, Micro.heads(2, 1)).orElseThrow()) {
      assertEquals(size, index.size());
      for (int i = 0; i < PICTURES; i++) {
        int best = index.topK(RetrievalHeads.normalised(angle(i)), 1, Set.of()).get(0).index();
        assertEquals("images/%s%03d.png".formatted(i % 2 == 0 ? "" : "more/", i), index.path(best));
      }
    }
    assertTrue(Files.notExists(building()));
  }

  private Path building() {
    return folder.resolve("retrieval/.building");
  }

  private Path file() {
    return folder.resolve("retrieval/index.safetensors");
  }

  @Test
  void indexesAFolderOfPictures() {
    List<Long> done = new ArrayList<>();
    CandidateIndexBuilder.Report report =
        builder()
            .onProgress(
                (count, total) -> {
                  assertEquals(PICTURES, total);
                  done.add(count);
                })
            .build(folder.resolve("images"), this::key);
    assertEquals(PICTURES, report.candidates());
    assertEquals(List.of(), report.unreadable());
    assertEquals(PICTURES, done.size());
    assertEquals(PICTURES, done.get(PICTURES - 1));
    checkIndex(PICTURES);
  }

  @Test
  void countsPicturesThatCannotBeRead() throws IOException {
    Files.writeString(folder.resolve("images/000a.jpg"), "no picture");
    Files.writeString(folder.resolve("images/more/zzz.webp"), "");
    CandidateIndexBuilder.Report report = builder().build(folder.resolve("images"), this::key);
    assertEquals(PICTURES, report.candidates());
    assertEquals(2, report.unreadable().size());
    assertTrue(report.unreadable().get(0).contains("000a.jpg"), report.unreadable().get(0));
    checkIndex(PICTURES);
  }

  @Test
  void goesOnAfterTheLastSavedBatch() {
    stopAfter(11);
    assertFalse(Files.exists(file()));
    assertEquals(11, keyed.size());
    keyed.clear();
    builder().build(folder.resolve("images"), this::key);
    assertEquals(PICTURES - 8, keyed.size());
    checkIndex(PICTURES);
  }

  @Test
  void givesTheSameFileWhetherInterruptedOrNot() throws IOException {
    builder().build(folder.resolve("images"), this::key);
    byte[] whole = Files.readAllBytes(file());
    Files.delete(file());
    for (int stop : new int[] {3, 4, 9, 17}) {
      stopAfter(stop);
    }
    builder().build(folder.resolve("images"), this::key);
    assertArrayEquals(whole, Files.readAllBytes(file()));
  }

  @Test
  void beginsAnewIfPicturesChanged() throws IOException {
    stopAfter(11);
    draw(PICTURES);
    keyed.clear();
    builder().build(folder.resolve("images"), this::key);
    assertEquals(PICTURES + 1, keyed.size());
    checkIndex(PICTURES + 1);
  }

  @Test
  void makesDamagedBatchesAnew() throws IOException {
    stopAfter(13);
    Files.write(building().resolve("part-000001.safetensors"), new byte[100]);
    keyed.clear();
    builder().build(folder.resolve("images"), this::key);
    assertEquals(PICTURES - 4, keyed.size());
    checkIndex(PICTURES);
  }

  @Test
  void keepsTheOldIndexUntilTheNewOneIsWhole() throws IOException {
    builder().build(folder.resolve("images"), this::key);
    byte[] old = Files.readAllBytes(file());
    draw(PICTURES);
    stopAfter(PICTURES);
    assertArrayEquals(old, Files.readAllBytes(file()));
    checkOpens(PICTURES);
  }

  private void checkOpens(int size) {
    try (CandidateIndex index = CandidateIndex.open(folder, Micro.heads(2, 1)).orElseThrow()) {
      assertEquals(size, index.size());
    }
  }

  @Test
  void storesPicturesElsewhereByAbsolutePath(@TempDir Path model) {
    new CandidateIndexBuilder(model, Micro.heads(2, 1), Limits.DEFAULTS)
        .build(folder.resolve("images"), this::key);
    try (CandidateIndex index = CandidateIndex.open(model, Micro.heads(2, 1)).orElseThrow()) {
      assertEquals(folder.resolve("images/000.png").toAbsolutePath().toString(), index.path(0));
    }
  }

  @Test
  void refusesAFolderWithoutPictures(@TempDir Path empty) {
    RetrievalException none =
        assertThrows(RetrievalException.class, () -> builder().build(empty, this::key));
    assertTrue(none.getMessage().contains("there is no picture in"), none.getMessage());
    assertThrows(RetrievalException.class, () -> builder().build(empty.resolve("gone"), this::key));
  }

  @Test
  void leavesNothingBehindWherePicturesCannotBeRead(@TempDir Path broken) throws IOException {
    Files.writeString(broken.resolve("broken.png"), "not a picture");
    RetrievalException none =
        assertThrows(RetrievalException.class, () -> builder().build(broken, this::key));
    assertTrue(none.getMessage().contains("none of the 1 pictures in"), none.getMessage());
    assertTrue(none.getMessage().contains("broken.png"), none.getMessage());
    assertTrue(Files.notExists(building()));
  }

  @Test
  void refusesKeysOfAnotherSize() {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> builder().build(folder.resolve("images"), picture -> new float[3]));
    assertTrue(refusal.getMessage().contains("3 numbers, expected 2"), refusal.getMessage());
  }

  /** A process that is killed in the middle of the work. */
  @Test
  void survivesAKilledProcess() throws Exception {
    try (ChildProcess child = ChildProcess.of(KilledBuilder.class).start(folder)) {
      child.awaitOutput(KilledBuilder.READY);
      child.kill();
    }
    assertFalse(Files.exists(file()));
    try (Stream<Path> parts = Files.list(building())) {
      assertEquals(3, parts.count());
    }
    builder().build(folder.resolve("images"), this::key);
    assertEquals(PICTURES - 12, keyed.size());
    checkIndex(PICTURES);
  }

  /** A JVM whose files cannot grow beyond one or two MiB stands for a disk that fills up. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs ulimit")
  void keepsTheOldIndexWhenTheDiskIsFull() throws Exception {
    builder().build(folder.resolve("images"), this::key);
    byte[] old = Files.readAllBytes(file());
    String output = ChildProcess.of(LargeIndex.class).after("ulimit -f 2048").run(folder);
    assertTrue(output.contains(LargeIndex.SAVED), output);
    assertTrue(output.contains("check the folder and the space on its disk"), output);
    assertArrayEquals(old, Files.readAllBytes(file()));
    try (Stream<Path> halves = Files.walk(folder.resolve("retrieval"))) {
      assertTrue(halves.noneMatch(half -> half.toString().endsWith(".part")));
    }
    LargeIndex.main(new String[] {folder.toString()});
    checkOpens(LargeIndex.CANDIDATES);
  }

  private void stopAfter(int pictures) {
    assertThrows(
        CancellationException.class,
        () ->
            builder()
                .onProgress(
                    (done, total) -> {
                      if (done == pictures) {
                        throw new CancellationException();
                      }
                    })
                .build(folder.resolve("images"), this::key));
  }

  /** Builds in a process of its own until it is killed. */
  static final class KilledBuilder {
    static final String READY = "ready to be killed";

    public static void main(String[] args) {
      Path folder = Path.of(args[0]);
      new CandidateIndexBuilder(folder, Micro.heads(2, 1), Limits.DEFAULTS)
          .batch(4)
          .onProgress(
              (done, total) -> {
                if (done == 14) {
                  System.out.println(READY);
                  LockSupport.parkNanos(TimeUnit.MINUTES.toNanos(5));
                }
              })
          .build(folder.resolve("images"), picture -> angle(picture.getWidth() - 1));
    }
  }

  /** Writes an index of some 5 MB, from batches of which each is under a MiB. */
  static final class LargeIndex {
    static final int CANDIDATES = 100_000;
    static final String SAVED = "saved in batches";

    public static void main(String[] args) {
      Path folder = Path.of(args[0]);
      try (CandidateIndexWriter writer =
          CandidateIndexWriter.resume(
              folder, Micro.heads(2, 1), KeyStorage.FP16, "large", 20_000)) {
        String path = "x".repeat(20);
        for (int i = writer.written(); i < CANDIDATES; i++) {
          writer.add(path, angle(i));
        }
        System.out.println(SAVED);
        writer.finish();
      } catch (RetrievalException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
