package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.testing.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands killed in the middle leave nothing half-written under its name, and can be repeated. */
class KilledCommandsIT {

  private static final Path MICRO =
      Path.of("../gill-core/src/test/resources/micro").toAbsolutePath().normalize();

  @TempDir Path folder;

  @Test
  void importsAnewAfterBeingKilled() throws Exception {
    Path whole = folder.resolve("whole");
    assertEquals(0, run(importing(whole)));
    Map<String, byte[]> expected = files(whole);
    Path target = folder.resolve("target");
    for (String reached :
        List.of("", "gill.safetensors", "diffusion/unet", "retrieval/.building")) {
      try (ChildProcess child =
          ChildProcess.of(GillCommand.class).start((Object[]) importing(target))) {
        child.await(() -> Files.exists(target.resolve(reached)));
        child.kill();
      } catch (AssertionError e) {
        // It was done before it could be killed, which is as good a moment as any.
        assertTrue(Files.exists(target.resolve("retrieval/index.safetensors")), e.getMessage());
      }
      files(target)
          .forEach((name, content) -> assertArrayEquals(expected.get(name), content, name));
    }
    // What is left of a killed writer, whenever it was killed.
    Files.deleteIfExists(target.resolve("retrieval/index.safetensors"));
    Files.createDirectories(target.resolve("retrieval/.building"));
    Files.writeString(target.resolve("lm/.model.safetensors.0-0.part"), "half");
    Files.deleteIfExists(target.resolve("lm/model.safetensors"));
    assertEquals(0, run(importing(target)));
    Map<String, byte[]> found = files(target);
    assertEquals(expected.keySet(), found.keySet());
    found.forEach((name, content) -> assertArrayEquals(expected.get(name), content, name));
    assertEquals(List.of(), halves(target));
  }

  @Test
  void indexesAnewAfterBeingKilled() throws Exception {
    Path model = Files.createDirectories(folder.resolve("model"));
    for (String file : List.of("model_args.json", "pretrained_ckpt.pth.tar")) {
      Files.copy(MICRO.resolve(file), model.resolve(file));
    }
    Files.createSymbolicLink(model.resolve("lm"), MICRO.resolve("lm"));
    Files.createSymbolicLink(model.resolve("vision"), MICRO.resolve("vision"));
    String[] indexing = {
      "index", "--model", model.toString(), "--pictures", MICRO.resolve("images").toString()
    };
    Path index = model.resolve("retrieval/index.safetensors");
    assertEquals(0, run(indexing));
    byte[] whole = Files.readAllBytes(index);
    Files.delete(index);
    try (ChildProcess child = ChildProcess.of(GillCommand.class).start((Object[]) indexing)) {
      child.await(() -> Files.exists(model.resolve("retrieval/.building")));
      child.kill();
    } catch (AssertionError e) {
      assertTrue(Files.exists(index), e.getMessage()); // done before it could be killed
    }
    if (Files.exists(index)) {
      assertArrayEquals(whole, Files.readAllBytes(index));
    }
    assertEquals(0, run(indexing));
    assertArrayEquals(whole, Files.readAllBytes(index));
    assertEquals(List.of(), halves(model.resolve("retrieval")));
  }

  private static String[] importing(Path target) {
    return new String[] {"import", "--model", MICRO.toString(), "--to", target.toString()};
  }

  private static int run(String... args) {
    return GillCommand.commandLine().execute(args);
  }

  /** Files under final names. */
  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    for (Path file : all(folder)) {
      if (!folder.relativize(file).toString().matches("(.*/)?\\..*")) {
        contents.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private static List<String> halves(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    for (Path file : all(folder)) {
      if (file.toString().endsWith(".part") || file.toString().contains(".building")) {
        names.add(file.toString());
      }
    }
    return names;
  }

  private static List<Path> all(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
