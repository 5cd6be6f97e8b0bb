package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Wrong usage and bad files: one clear line, the right exit code, no stack trace, no file. */
class CommandLineTest {

  private static final String MICRO = "../gill-core/src/test/resources/micro";

  @TempDir Path temporary;

  @Test
  void refusesWrongSettingsWithTheMend() throws IOException {
    assertUsage("topP is 2.0; use above 0 to 1", "--text", "A", "--top-p", "2");
    assertUsage("numWords is 0; use 1 to 4096", "--text", "A", "--num-words", "0");
    assertUsage("scheduler is \"heun\"; use one of [pndm", "--text", "A", "--scheduler", "heun");
    assertUsage("greedy choice takes no topP", "--text", "A", "--top-p", "0.5");
    assertUsage("steps is 0; use 1 to 1000", "--text", "A", "--steps", "0");
    assertUsage("decision is \"maybe\"; use auto, retrieve", "--text", "A", "--decision", "maybe");
    assertUsage("height is 13; use a multiple of 8", "--text", "A", "--height", "13");
    assertUsage("device is \"tpu\"; use cpu, cuda or cuda:N", "--text", "A", "--device", "tpu");
    assertUsage("precision is \"fp8\"; use fp32, fp16 or bf16", "--text", "A", "--dtype", "fp8");
    assertUsage("device cuda:0 cannot be used:", "--text", "A", "--device", "cuda");
    assertUsage(
        "device cuda:9 cannot be used:",
        "--text",
        "A",
        "--device",
        "cpu",
        "--diffusion-device",
        "cuda:9");
    assertUsage("the prompt is empty; give --text, --image or --request");
    assertUsage("the prompt is empty; give it a text or a picture", "--text", "");
  }

  @Test
  void refusesWrongRequestFiles() throws IOException {
    assertRequest("unknown key \"numwords\"; use items, decision", "{\"items\":[],\"numwords\":2}");
    assertRequest("\"items\" is missing", "{\"numWords\":2}");
    assertRequest("the prompt is empty; give it a text or a picture", "{\"items\":[]}");
    assertRequest(
        "is neither {\"text\": …} nor {\"image\": path}", "{\"items\":[{\"txt\":\"A\"}]}");
    assertRequest("\"steps\" is 2.5", "{\"items\":[{\"text\":\"A\"}],\"steps\":2.5}");
    assertRequest("\"seed\" is [1]", "{\"items\":[{\"text\":\"A\"}],\"seed\":[1]}");
    assertRequest("\"seed\" is \"x\"", "{\"items\":[{\"text\":\"A\"}],\"seed\":\"x\"}");
    assertRequest("is not valid JSON", "{\"items\":");
    assertRequest("a request is a JSON object", "[]");
  }

  @Test
  void namesMissingAndDamagedFiles() throws IOException {
    assertFails("no-such-folder is not a folder", "--model", "no-such-folder", "--text", "A");
    assertFails("model_args.json", "--model", temporary.toString(), "--text", "A");
    Path picture = temporary.resolve("broken.png");
    Files.writeString(picture, "not a picture");
    assertFails("broken.png", "--model", MICRO, "--image", picture.toString());
    assertFails("missing.png", "--model", MICRO, "--image", "missing.png");
  }

  @Test
  void showsStackTracesOnlyWhenAsked() {
    Run run = run("run", "--model", "no-such-folder", "--text", "A", "--verbose");
    assertEquals(1, run.exit());
    assertTrue(run.err().contains("\tat io.github.gill"), run.err());
  }

  @Test
  void refusesUnknownOptionsAndCommands() {
    assertEquals(2, run("run", "--no-such-option").exit());
    assertEquals(2, run("no-such-command").exit());
    assertEquals(0, run("--help").exit());
    assertEquals(0, run("run", "--help").exit());
  }

  private void assertRequest(String message, String json) throws IOException {
    Path request = temporary.resolve("request.json");
    Files.writeString(request, json);
    assertUsage(message, "--request", request.toString());
  }

  private void assertUsage(String message, String... args) throws IOException {
    assertOutcome(2, message, Stream.concat(Stream.of("--model", MICRO), Stream.of(args)).toList());
  }

  private void assertFails(String message, String... args) throws IOException {
    assertOutcome(1, message, List.of(args));
  }

  private void assertOutcome(int exit, String message, List<String> args) throws IOException {
    Path out = temporary.resolve("out");
    List<String> line =
        Stream.concat(
                Stream.of("run", "--out", out.toString(), "--json", out + ".json"), args.stream())
            .toList();
    Run run = run(line.toArray(String[]::new));
    assertTrue(run.err().contains(message), run.err());
    assertEquals(exit, run.exit(), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
    assertEquals(1, run.err().lines().filter(l -> l.startsWith("gill: ")).count(), run.err());
    assertFalse(Files.exists(out));
    assertFalse(Files.exists(Path.of(out + ".json")));
  }

  private record Run(int exit, String out, String err) {}

  private static Run run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = GillCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return new Run(line.execute(args), out.toString(), err.toString());
  }
}
