package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.testing.ChildProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
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
  void writesNumbersAlikeInEveryLocale() throws Exception {
    try (ChildProcess child =
        ChildProcess.of(GillCommand.class)
            .options("-Duser.language=ar", "-Duser.country=EG")
            .start("run", "--text", "x", "--steps", "300")) {
      child.awaitOutput("steps is 300; use 1 to 250");
    }
  }

  @Test
  void refusesWrongSettingsWithTheMend() throws IOException {
    assertUsage("topP is 2.0; use above 0 to 1", "--text", "A", "--top-p", "2");
    assertUsage("numWords is 0; use 1 to 4096", "--text", "A", "--num-words", "0");
    assertUsage("scheduler is \"heun\"; use one of [pndm", "--text", "A", "--scheduler", "heun");
    assertUsage("greedy choice takes no topP", "--text", "A", "--top-p", "0.5");
    assertUsage("steps is 0; use 1 to 250", "--text", "A", "--steps", "0");
    assertUsage("decision is \"maybe\"; use auto, retrieve", "--text", "A", "--decision", "maybe");
    assertUsage("height is 13; use a multiple of 8", "--text", "A", "--height", "13");
    assertUsage("--device is \"tpu\"; use auto, cpu, cuda or", "--text", "A", "--device", "tpu");
    assertUsage("--dtype is \"fp8\"; use auto, fp32, fp16 or", "--text", "A", "--dtype", "fp8");
    assertUsage(
        "--quantize is \"int3\"; use auto, none, int8", "--text", "A", "--quantize", "int3");
    assertUsage("device cuda:99 cannot be used:", "--text", "A", "--device", "cuda:99");
    assertUsage(
        "device cuda:98 cannot be used:",
        "--text",
        "A",
        "--device",
        "cpu",
        "--diffusion-device",
        "cuda:98");
    assertUsage("steps is 1001; use 1 to 250", "--text", "A", "--steps", "1001");
    assertUsage(
        "maxImages × imagesPerSlot is 2147483647; use 0 to 16",
        "--text",
        "A",
        "--max-images",
        "2147483647");
    assertUsage("--memory is NaN; give a number of GiB", "--text", "A", "--memory", "NaN");
    assertUsage("--memory is -1.0; give a number of GiB", "--text", "A", "--memory", "-1");
    assertUsage(
        "https://example.com/x.png is a URL, and URLs are not fetched",
        "--image",
        "https://example.com/x.png");
    assertUsage("http://x/y.png is a URL", "--text", "A", "--init-image", "http://x/y.png");
    assertUsage("there is no file nope.png; check the path", "--image", "nope.png");
    assertUsage("there is no file nope.png", "--text", "A", "--init-image", "nope.png");
    assertUsage("it is a folder, a file is needed", "--image", temporary.toString());
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
    assertRequest("\"items\" is 5; list", "{\"items\":5}");
    assertRequest("\"text\" is 5; give a text in double", "{\"items\":[{\"text\":5}]}");
    assertRequest("\"image\" is true; give a path in", "{\"items\":[{\"image\":true}]}");
    assertRequest("https://x/y.png is a URL", "{\"items\":[{\"image\":\"https://x/y.png\"}]}");
    for (String wrong : List.of("null", "{}", "[]", "5", "true")) {
      assertRequest(
          "request.json: \"initImage\" is " + wrong + "; give a path in double quotes",
          "{\"items\":[{\"text\":\"A\"}],\"initImage\":" + wrong + "}");
    }
    assertRequest("use items, decision, genScaleFactor, guidance, height, images", "{\"a\":1}");
    assertRequest("initImage", "{\"a\":1}");
    assertRequest(
        "there is no file " + temporary.resolve("nope.png"),
        "{\"items\":[{\"image\":\"nope.png\"}]}");
    assertRequest("\"steps\" is 2.5", "{\"items\":[{\"text\":\"A\"}],\"steps\":2.5}");
    assertRequest("\"seed\" is [1]", "{\"items\":[{\"text\":\"A\"}],\"seed\":[1]}");
    assertRequest("\"seed\" is \"x\"", "{\"items\":[{\"text\":\"A\"}],\"seed\":\"x\"}");
    assertRequest("is not valid JSON at line 1, column 10: it ends too early", "{\"items\":");
    assertRequest(
        "at line 2, column 8: the key \"seed\" stands twice", "{\"seed\":1,\n \"seed\": 2}");
    for (String lenient :
        List.of(
            "{'items':[]}",
            "{items:[]}",
            "{\"items\":[] /* none */}",
            "{\"items\":[{\"text\":\"a\"},]}",
            "{\"items\":[]} 2",
            "{\"seed\":NaN}")) {
      assertRequest("is not valid JSON at line 1, column ", lenient);
    }
    assertRequest("a request is a JSON object", "[]");
  }

  @Test
  void namesUnreadableRequestFiles() throws Exception {
    String missing = temporary.resolve("nosuch.json").toString();
    assertUsage("gill: there is no file " + missing + "; check the path", "--request", missing);
    Path request = temporary.resolve("utf16.json");
    Files.writeString(request, "{\"items\":[{\"text\":\"é\"}]}", StandardCharsets.ISO_8859_1);
    assertUsage("is not UTF-8 text; save it as UTF-8", "--request", request.toString());
    assertUsage("it is a folder, a file is needed", "--request", temporary.toString());
    Path pipe = temporary.resolve("pipe");
    if (new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0) {
      assertUsage("it is a pipe or a device", "--request", pipe.toString());
    }
  }

  @Test
  void refusesTargetsThatCannotBeWrittenBeforeTheModelIsLoaded() throws IOException {
    String file = Files.writeString(temporary.resolve("file"), "mine").toString();
    String folder = temporary.toString();
    assertTarget(file + " is a file; name a folder", "--out", file);
    assertTarget(
        file + "/a.json cannot be made: " + file + " is a file", "--json", file + "/a.json");
    assertTarget(folder + " is a folder; name a file", "--json", folder);
    assertTarget(folder + " is a folder; name a file", "--trace", folder);
    assertWrong(file + " is a file; name a folder", "chat", "--model", "none", "--out", file);
    assertWrong(file + " is a file; name a folder", "import", "--model", MICRO, "--to", file);
    assertEquals("mine", Files.readString(Path.of(file)));
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(1, left.count());
    }
  }

  /** The model is missing, too: whoever loads it first says so. */
  private static void assertTarget(String message, String... target) {
    Run run =
        run(
            Stream.concat(
                    Stream.of("run", "--model", "no-such-folder", "--text", "A"), Stream.of(target))
                .toArray(String[]::new));
    assertEquals(2, run.exit(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("gill: " + message), run.err());
  }

  @Test
  void namesMissingAndDamagedFiles() throws IOException {
    assertFails("no-such-folder is not a folder", "--model", "no-such-folder", "--text", "A");
    assertFails("model_args.json", "--model", temporary.toString(), "--text", "A");
    Path picture = temporary.resolve("broken.png");
    Files.writeString(picture, "not a picture");
    assertFails("broken.png", "--model", MICRO, "--image", picture.toString());
  }

  @Test
  void showsStackTracesOnlyWhenAsked() {
    Run run = run("run", "--model", "no-such-folder", "--text", "A", "--verbose");
    assertEquals(1, run.exit());
    assertTrue(run.err().contains("\tat io.github.gill"), run.err());
  }

  @Test
  void refusesUnknownOptionsAndCommands() {
    assertParsing("gill: Unknown option: '--seeds=1'", "run", "--seeds=1");
    assertParsing("gill: Invalid value for option '--seed'", "run", "--seed", "x");
    assertParsing("gill: Unmatched argument at index 0: 'no-such-command'", "no-such-command");
    Run bare = run();
    assertEquals(2, bare.exit());
    assertTrue(bare.err().contains("train-decision"), bare.err());
    assertEquals(0, run("--help").exit());
    assertEquals(0, run("run", "--help").exit());
  }

  /** The error, and one line on where to read on. */
  private static void assertParsing(String message, String... args) {
    Run run = run(args);
    assertEquals(2, run.exit());
    assertTrue(run.err().startsWith(message), run.err());
    assertEquals(2, run.err().lines().count(), run.err());
  }

  @Test
  void refusesWrongOptionsOfOtherCommands() throws IOException {
    assertWrong("--prompt is -1; use 1 or more", "bench", "--model", MICRO, "--prompt", "-1");
    assertWrong("--rows is -1; use 1 or more", "bench", "--model", MICRO, "--rows", "5,-1");
    assertWrong("--threads is 0; use 1 or more", "bench", "--model", MICRO, "--threads", "0");
    Path timings = Files.writeString(temporary.resolve("timings.jsonl"), "\n{\"case\": 'lm'}\n");
    String[] bench = {"bench", "--model", MICRO, "--against", timings.toString()};
    assertWrong("timings.jsonl is not valid JSON at line 2, column", bench);
    Files.writeString(timings, "[]\n");
    assertWrong("timings.jsonl, line 1 is no timing", bench);
    String[] importing = {"import", "--model", MICRO, "--to", MICRO + "/../micro"};
    assertWrong("--to is the model folder itself", importing);
    String[] index = {"index", "--model", "none", "--pictures", "nope"};
    assertWrong("gill: nope does not exist; give a folder of pictures", index);
    String[] votes = {"train-decision", "--model", MICRO, "--out", "x", "--votes", "nosuch.tsv"};
    assertWrong("there is no file nosuch.tsv; check the path", votes);
  }

  @Test
  void refusesWrongOptionsOfEvalAndMakesNoFolder() throws IOException {
    assertEval("--data is nosuch, which is not a folder", "--data", "nosuch");
    assertEval("--vist is nosuch, which is not a file", "--vist", "nosuch");
    assertEval("--clip is nosuch, which is not a folder", "--clip", "nosuch");
    assertEval("--inception is nosuch, which is not a file", "--inception", "nosuch");
    assertEval("--pictures a is nosuch, which is not a folder", "--pictures", "a=nosuch");
    assertEval("steps is 0; use 1 to 1000", "--steps", "0");
    assertEval("guidance is NaN; use 0 to 100", "--guidance", "NaN");
    assertEval("scheduler is \"x\"; use one of", "--scheduler", "x");
    assertEval("--dtype is \"fp8\"; use auto, fp32, fp16 or bf16", "--dtype", "fp8");
    assertEval("task is \"dance\"; use decision, recipes, naming", "--tasks", "dance");
    assertEval("there are no data sets in " + temporary, "--data", temporary.toString());
  }

  /** On the bundled model, which {@code --model} stands for where it is left out. */
  private void assertEval(String message, String... option) {
    Path out = temporary.resolve("evaluation");
    Run run =
        run(
            Stream.concat(Stream.of("eval", "--out", out.toString()), Stream.of(option))
                .toArray(String[]::new));
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().startsWith("gill: " + message), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(Files.notExists(out));
  }

  @Test
  void timesALanguageModelOfASmallVocabulary() {
    String[] bench = {"bench", "--model", MICRO, "--cases", "lm", "--prompt", "16", "--tokens"};
    Run timed = run(Stream.concat(Stream.of(bench), Stream.of("2")).toArray(String[]::new));
    assertEquals(0, timed.exit(), timed.err());
    assertEquals(3, timed.out().lines().count(), timed.out());
    assertWrong(
        "--prompt 16 and --tokens 300 take 316 positions, the model has 256",
        Stream.concat(Stream.of(bench), Stream.of("300")).toArray(String[]::new));
  }

  private static void assertWrong(String message, String... args) {
    Run run = run(args);
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(run.err().contains("gson"), run.err());
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
    assertFalse(run.err().contains("gson"), run.err());
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
