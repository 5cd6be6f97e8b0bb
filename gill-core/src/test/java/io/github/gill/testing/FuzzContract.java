package io.github.gill.testing;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What every parser of bytes from outside keeps to, checked with three kinds of input: what once
 * broke it ({@code src/test/resources/fuzz/TARGET}), seeds damaged at random but always alike
 * ({@code -Dgill.fuzz.seed} damages them otherwise), and seeds grown to 256 KiB.
 *
 * <p>With {@code -Pfuzz -Dgill.fuzz.inputs=N}, Jazzer then looks for inputs that reach new code, N
 * of them for each target, in a JVM of their own. What it learns stays in {@code target/fuzz},
 * where the next campaign goes on; an input that breaks a promise lies in {@code findings} there.
 */
public abstract class FuzzContract {

  private static final int DAMAGED = Integer.getInteger("gill.fuzz.damaged", 500);
  private static final int LARGE = 1 << 18;
  private static final Path PAST = Path.of("src", "test", "resources", "fuzz");
  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second");

  /** Returns the parsers; called once for each test. */
  protected abstract List<FuzzTarget> targets() throws Exception;

  /** Finds a parser by its name. */
  final FuzzTarget target(String name) throws Exception {
    return targets().stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no target " + name));
  }

  @TestFactory
  final Stream<DynamicTest> keepsItsPromises() throws Exception {
    long inputs = Long.getLong("gill.fuzz.inputs", 0);
    return targets().stream()
        .flatMap(
            target ->
                inputs > 0
                    ? Stream.of(dynamicTest(target + " fuzzed", () -> campaign(target, inputs)))
                    : Stream.of(
                        dynamicTest(target + " takes its seeds", () -> takesSeeds(target)),
                        dynamicTest(target + " damaged", () -> damaged(target)),
                        dynamicTest(target + " grown", () -> grown(target)),
                        dynamicTest(target + " as found before", () -> found(target))));
  }

  private static void takesSeeds(FuzzTarget target) throws Exception {
    assertAll(target.seeds().stream().map(seed -> () -> target.parser().parse(seed)));
  }

  private static void found(FuzzTarget target) throws IOException {
    for (byte[] input : files(PAST.resolve(target.name()))) {
      target.check(input);
    }
  }

  private static void damaged(FuzzTarget target) {
    long seed = Long.getLong("gill.fuzz.seed", 1);
    Random random = new Random(seed);
    for (int i = 0; i < DAMAGED; i++) {
      byte[] whole = target.seeds().get(random.nextInt(target.seeds().size()));
      checked(target, Mutation.of(whole, random), "input " + i + " of seed " + seed);
    }
  }

  /** Repeats a part of a seed in its place. */
  private static void grown(FuzzTarget target) {
    Random random = new Random(1);
    for (byte[] seed : target.seeds().subList(0, Math.min(5, target.seeds().size()))) {
      int from = random.nextInt(seed.length);
      int length = 1 + random.nextInt(Math.min(200, seed.length - from));
      byte[] large = new byte[seed.length + LARGE / length * length];
      System.arraycopy(seed, 0, large, 0, from);
      for (int at = from; at < large.length - (seed.length - from); at += length) {
        System.arraycopy(seed, from, large, at, length);
      }
      int rest = seed.length - from;
      System.arraycopy(seed, from, large, large.length - rest, rest);
      checked(target, large, "bytes " + from + " to " + (from + length) + " repeated");
    }
  }

  private static void checked(FuzzTarget target, byte[] input, String what) {
    try {
      target.check(input);
    } catch (AssertionError e) {
      throw new AssertionError(what + ": " + e.getMessage(), e);
    }
  }

  private void campaign(FuzzTarget target, long inputs) throws Exception {
    Path folder = Path.of("target", "fuzz", target.name()).toAbsolutePath();
    Path corpus = Files.createDirectories(folder.resolve("corpus"));
    Path findings = Files.createDirectories(folder.resolve("findings"));
    List<byte[]> known = new ArrayList<>(target.seeds());
    known.addAll(files(PAST.resolve(target.name())));
    for (byte[] input : known) {
      Files.write(corpus.resolve("seed-" + Arrays.hashCode(input)), input);
    }
    Path log = folder.resolve("log.txt");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
            "-Dai.djl.offline=true",
            "-cp",
            System.getProperty("java.class.path"),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + FuzzDriver.class.getName(),
            "--target_args=" + getClass().getName() + " " + target.name(),
            "--instrumentation_includes=io.github.gill.**",
            "-runs=" + inputs,
            "-timeout=20",
            "-artifact_prefix=" + findings + "/",
            "--reproducer_path=" + folder,
            corpus.toString());
    int code =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    Matcher done = DONE.matcher(Files.readString(log, StandardCharsets.ISO_8859_1));
    String runs = done.find() ? done.group(1) + "\t" + done.group(2) : "unfinished\t";
    Files.writeString(
        folder.resolveSibling("campaign.tsv"),
        target.name() + "\t" + runs + "\t" + files(findings).size() + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    assertEquals(0, code, target + ": see " + log + " and the inputs in " + findings);
  }

  private static List<byte[]> files(Path folder) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          contents.add(Files.readAllBytes(file));
        }
      }
    }
    return contents;
  }
}
