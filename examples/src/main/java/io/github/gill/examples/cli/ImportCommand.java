package io.github.gill.examples.cli;

import io.github.gill.ModelFolder;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.AtomicFile;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.examples.cli.files.OutputTarget;
import io.github.gill.examples.cli.options.OptionValue;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.retrieval.CandidateImport;
import io.github.gill.retrieval.DecisionHead;
import io.github.gill.retrieval.KeyStorage;
import io.github.gill.retrieval.RetrievalHeads;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill import}: gathers a model's official files in one folder as safetensors. */
@Command(
    name = "import",
    description = "Write the official files of a model as safetensors into one folder.")
final class ImportCommand implements Callable<Integer> {

  private static final long SHARD_BYTES = 5L << 30;

  /** What goes along as it is: settings, texts, and whose work under which licence it all is. */
  private static final Pattern SMALL_FILE =
      Pattern.compile(".*\\.(json|txt|model|md)|(NOTICE|LICENSE|COPYING).*|candidates\\.tsv");

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The model folder; parts that it lacks come from the Hugging Face cache.")
  Path model = Path.of("");

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DIR",
      description =
          "The new folder; files that are there already are kept, so a broken import"
              + " goes on where it ended.")
  Path target = Path.of("");

  @Option(
      names = "--keys",
      defaultValue = "fp16",
      paramLabel = "fp16|int8",
      description =
          "How searches read the candidates' keys (default: ${DEFAULT-VALUE}); int8 takes half the"
              + " memory of fp16 and finds the same. An index that the model has is copied as it is.")
  String keys = "fp16";

  @Spec CommandSpec spec;

  ImportCommand() {}

  @Override
  public Integer call() throws IOException {
    KeyStorage storage = OptionValue.constant("--keys", keys, KeyStorage.class);
    OutputTarget.checkFolder(target);
    if (Files.exists(model) && Files.exists(target) && Files.isSameFile(model, target)) {
      throw new IllegalArgumentException(
          "--to is the model folder itself (" + target + "); name a new folder");
    }
    ModelFolder folder = ModelFolder.of(model);
    ModelArgs args = ModelArgs.read(model);
    Files.createDirectories(target);
    copySmallFiles(model, target);
    convert(folder.trained(), target.resolve("gill.safetensors"), ImportCommand::withoutWrapping);
    Optional<Path> decision = DecisionHead.file(model);
    if (decision.isPresent()) {
      convert(decision.get(), target.resolve("decision.safetensors"), UnaryOperator.identity());
    }
    part(folder.languageModel(args), target.resolve("lm"), "model");
    part(folder.vision(args), target.resolve("vision"), "model");
    Path diffusion = folder.diffusion();
    if (diffusion != null) {
      diffusion(diffusion, target.resolve("diffusion"));
    }
    try {
      candidates(folder, args, storage);
    } finally {
      OutputTarget.dropIfEmpty(target.resolve("retrieval"));
    }
    return 0;
  }

  /** Indexes the candidates and takes along those of their pictures that lie in the folder. */
  private void candidates(ModelFolder folder, ModelArgs args, KeyStorage storage) {
    // The folder alone may be what an import that was killed has left.
    Path index = target.resolve("retrieval").resolve("index.safetensors");
    if (Files.exists(index)) {
      spec.commandLine().getErr().println(index + " is there already");
      return;
    }
    OptConfig lm =
        OptConfig.of(ModelConfig.read(folder.languageModel(args).resolve("config.json")));
    try (Checkpoint trained = folder.openTrained()) {
      if (!trained.tensors().containsKey("visual_fc.weight")) {
        return;
      }
      RetrievalHeads heads = RetrievalHeads.read(trained, lm.embedding(), args.retrievalSize());
      int count = CandidateImport.run(model, target, heads, storage, this::copyPicture);
      if (count > 0) {
        spec.commandLine().getErr().println(count + " candidates -> " + target + "/retrieval");
      }
    }
  }

  private void copyPicture(String path) {
    if (path.matches("(?i)https?:.*") || Path.of(path).isAbsolute()) {
      return;
    }
    Path source = model.resolve(path).normalize();
    Path to = target.resolve(path).normalize();
    if (!source.startsWith(model.normalize())
        || !to.startsWith(target.normalize())
        || !Files.isRegularFile(source)
        || Files.exists(to)) {
      return;
    }
    try {
      Files.createDirectories(to.resolve("..").normalize());
      AtomicFile.dropHalves(to);
      AtomicFile.copy(source, to);
    } catch (IOException e) {
      throw new RetrievalException(to + " cannot be written (" + e + "); check the disk", e);
    }
  }

  private void diffusion(Path source, Path to) throws IOException {
    Files.createDirectories(to);
    copySmallFiles(source, to);
    try (Stream<Path> components = Files.list(source)) {
      for (Path component : components.filter(Files::isDirectory).sorted().toList()) {
        String name = component.getFileName().toString();
        boolean network = name.equals("unet") || name.equals("vae");
        part(component, to.resolve(name), network ? "diffusion_pytorch_model" : "model");
      }
    }
  }

  /** Converts a folder of the hub: weights if it has any, and the small files beside them. */
  private void part(Path source, Path to, String baseName) throws IOException {
    Files.createDirectories(to);
    copySmallFiles(source, to);
    if (Checkpoints.find(source).isPresent()) {
      convert(source, to.resolve(baseName + ".safetensors"), UnaryOperator.identity());
    }
  }

  private void convert(Path source, Path to, UnaryOperator<String> rename) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Path index = to.resolveSibling(to.getFileName() + ".index.json");
    if (Files.exists(to) || Files.exists(index)) {
      err.println(to + " is there already");
      return;
    }
    AtomicFile.dropHalves(to);
    try (Checkpoint checkpoint = Checkpoints.open(source)) {
      err.println(source + " -> " + to);
      err.flush();
      SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
      checkpoint.metadata().forEach(writer::metadata);
      writer.shardBytes(SHARD_BYTES).all(checkpoint, rename).write(to);
    }
  }

  private static void copySmallFiles(Path source, Path to) throws IOException {
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (SMALL_FILE.matcher(name).matches() && !name.contains(".index.")) {
          AtomicFile.dropHalves(to.resolve(name));
          AtomicFile.copy(file, to.resolve(name));
        }
      }
    }
  }

  /** Training on several devices puts {@code module.} before names. */
  private static String withoutWrapping(String name) {
    return name.replace("module.", "");
  }
}
