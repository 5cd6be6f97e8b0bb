package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCommandIT {

  private static final Path MICRO = Path.of("../gill-core/src/test/resources/micro");

  @TempDir Path temporary;

  /** The official files and what import makes of them give the same answer, pictures included. */
  @Test
  void answersEquallyBeforeAndAfter() throws IOException {
    Path imported = temporary.resolve("imported");
    assertEquals(0, run("import", "--model", MICRO.toString(), "--to", imported.toString()));
    try (Stream<Path> files = Files.walk(imported)) {
      List<String> pickles =
          files.map(Path::toString).filter(f -> f.matches(".*\\.(bin|tar|npy|pt|part)")).toList();
      assertTrue(pickles.isEmpty(), pickles.toString());
    }
    JsonObject before = answer(MICRO, "before");
    JsonObject after = answer(imported, "after");
    assertEquals(before.get("tokens"), after.get("tokens"));
    assertEquals(image(before).get("retrieved"), image(after).get("retrieved"));
    assertEquals(image(before).get("probabilities"), image(after).get("probabilities"));
    for (String file : List.of("image0.generated.png", "image0.retrieved.png")) {
      byte[] expected = Files.readAllBytes(temporary.resolve("before").resolve(file));
      byte[] found = Files.readAllBytes(temporary.resolve("after").resolve(file));
      org.junit.jupiter.api.Assertions.assertArrayEquals(expected, found, file);
    }
    // A second import finds everything there and changes nothing.
    assertEquals(0, run("import", "--model", MICRO.toString(), "--to", imported.toString()));
    // What was imported can be imported itself, with decision head, index and pictures.
    Path again = temporary.resolve("again");
    Files.writeString(imported.resolve("NOTICE"), "whose drawings these are");
    Files.writeString(imported.resolve("candidates.tsv"), "and of which licence");
    assertEquals(0, run("import", "--model", imported.toString(), "--to", again.toString()));
    assertEquals("whose drawings these are", Files.readString(again.resolve("NOTICE")));
    assertEquals("and of which licence", Files.readString(again.resolve("candidates.tsv")));
    assertEquals(image(after), image(answer(again, "after")));
  }

  @Test
  void leavesNothingBehindWhereTheModelIsDamaged() throws IOException {
    Path broken = Files.createDirectories(temporary.resolve("broken"));
    Files.writeString(broken.resolve("model_args.json"), "{}");
    Files.writeString(broken.resolve("pretrained_ckpt.pth.tar"), "PK no zip");
    Path target = temporary.resolve("target");
    assertEquals(1, run("import", "--model", broken.toString(), "--to", target.toString()));
    assertFalse(Files.exists(target.resolve("gill.safetensors")));
  }

  private JsonObject answer(Path model, String name) throws IOException {
    Path json = temporary.resolve(name + ".json");
    assertEquals(
        0,
        run(
            "run",
            "--model",
            model.toString(),
            "--text",
            "Snow mountain",
            "--gen-scale",
            "1e5",
            "--num-words",
            "1",
            "--steps",
            "2",
            "--decision",
            "both",
            "--no-safety-checker",
            "--out",
            temporary.resolve(name).toString(),
            "--json",
            json.toString()));
    return JsonParser.parseString(Files.readString(json)).getAsJsonObject();
  }

  private static JsonObject image(JsonObject answer) {
    for (JsonElement part : answer.getAsJsonArray("parts")) {
      if (part.getAsJsonObject().get("type").getAsString().equals("image")) {
        return part.getAsJsonObject();
      }
    }
    throw new AssertionError("no picture in " + answer);
  }

  private static int run(String... args) {
    return GillCommand.commandLine().execute(args);
  }
}
