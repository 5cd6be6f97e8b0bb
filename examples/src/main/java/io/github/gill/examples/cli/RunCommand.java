package io.github.gill.examples.cli;

import io.github.gill.Answer;
import io.github.gill.AnswerSettings;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.Prompt;
import io.github.gill.Trace;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.examples.cli.files.InputFile;
import io.github.gill.examples.cli.files.OutputTarget;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill run}: answers one request. */
@Command(name = "run", description = "Answer one request.", sortOptions = false)
final class RunCommand implements Callable<Integer> {

  /** One item of the prompt in the order of the command line. */
  static final class Item {
    @Option(names = "--text", paramLabel = "T", description = "A text of the prompt.")
    @Nullable String text;

    @Option(names = "--image", paramLabel = "F", description = "A picture of the prompt.")
    @Nullable Path image;
  }

  @Mixin EngineOptions engine = new EngineOptions();
  @Mixin RequestOptions options = new RequestOptions();

  @ArgGroup(multiplicity = "0..*")
  List<Item> items = new ArrayList<>();

  @Option(names = "--request", paramLabel = "FILE.json", description = "A request as JSON.")
  @Nullable Path request;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "answer",
      description = "Where pictures go (default: ${DEFAULT-VALUE}).")
  Path out = Path.of("answer");

  @Option(names = "--json", paramLabel = "FILE", description = "Write the answer as JSON.")
  @Nullable Path json;

  @Option(
      names = "--trace",
      paramLabel = "FILE.safetensors",
      description = "Write intermediate tensors.")
  @Nullable Path trace;

  @Option(
      names = "--prompt-in-png",
      description = "Keep the prompt's text in the pictures' metadata.")
  boolean promptInPng;

  @Spec CommandSpec spec;

  RunCommand() {}

  @Override
  public Integer call() throws IOException {
    RequestFile file = requestFile();
    AnswerSettings settings = options.applyTo(file.settings());
    if (json != null || trace != null) {
      // These are for comparison with the original, which decodes to the last step.
      settings = settings.toBuilder().stopAtNewline(false).build();
    }
    OutputTarget.checkFolder(out);
    Stream.of(json, trace).filter(Objects::nonNull).forEach(OutputTarget::checkFile);
    PrintWriter stdout = spec.commandLine().getOut();
    SafetensorsWriter tensors = new SafetensorsWriter();
    // A trace reuses its arrays after the call, so they are copied.
    Trace sink =
        trace == null ? null : (name, values, shape) -> tensors.floats(name, values.clone(), shape);
    try (Gill gill = engine.builder().build()) {
      if (settings.diffusion().guidance() == null) { // spelt out, so that the files can tell it
        DiffusionSettings own = settings.diffusion().toBuilder().guidance(gill.guidance()).build();
        settings = settings.toBuilder().diffusion(own).build();
      }
      Answer answer;
      try (ProgressView progress = new ProgressView(spec.commandLine().getErr())) {
        answer = gill.submit(file.prompt(), settings, progress, sink).join();
      }
      AnswerFiles files = AnswerFiles.write(answer, file.prompt(), settings, out, promptInPng);
      if (json != null) {
        AnswerJson.write(inFolder(json), answer, files, gill.loadTime());
      }
      if (trace != null) {
        tensors.write(inFolder(trace));
      }
      files.print(answer, stdout);
    }
    return 0;
  }

  /** Makes the folder that a file goes to. */
  private static Path inFolder(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Files.createDirectories(absolute.resolveSibling(""));
    return absolute;
  }

  private RequestFile requestFile() {
    if (request != null) {
      if (!items.isEmpty()) {
        throw new IllegalArgumentException("give either --request or --text and --image");
      }
      return RequestFile.read(request);
    }
    Prompt.Builder prompt = Prompt.builder();
    for (Item item : items) {
      if (item.text != null) {
        prompt.text(item.text);
      } else if (item.image != null) {
        prompt.image(InputFile.picture(item.image, Path.of("")));
      }
    }
    if (items.isEmpty()) {
      throw new IllegalArgumentException("the prompt is empty; give --text, --image or --request");
    }
    return new RequestFile(prompt.build(), AnswerSettings.DEFAULTS);
  }
}
