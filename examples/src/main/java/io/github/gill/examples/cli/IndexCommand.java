package io.github.gill.examples.cli;

import io.github.gill.Limits;
import io.github.gill.ModelFolder;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.examples.cli.files.OutputTarget;
import io.github.gill.examples.cli.options.OptionValue;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.retrieval.CandidateIndexBuilder;
import io.github.gill.retrieval.KeyStorage;
import io.github.gill.retrieval.RetrievalHeads;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Weights;
import io.github.gill.vision.ClipVision;
import io.github.gill.vision.ClipVisionConfig;
import io.github.gill.vision.ImagePreprocessor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill index}: makes a folder of pictures the model's candidates. */
@Command(
    name = "index",
    description = "Make a folder of pictures the candidates of a model.",
    footer = "Started again after an interruption, it goes on where it ended.")
final class IndexCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The model folder; it gets retrieval/index.safetensors.")
  Path model = Path.of("");

  @Option(
      names = "--pictures",
      required = true,
      paramLabel = "DIR",
      description = "Searched with all folders in it.")
  Path pictures = Path.of("");

  @Option(
      names = "--keys",
      defaultValue = "fp16",
      paramLabel = "fp16|int8",
      description =
          "How searches read the keys (default: ${DEFAULT-VALUE}); int8 takes half the memory of"
              + " fp16 and finds the same.")
  String keys = "fp16";

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda|cuda:N",
      description = "Where to compute (default: ${DEFAULT-VALUE}).")
  String device = "auto";

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    KeyStorage storage = OptionValue.constant("--keys", keys, KeyStorage.class);
    ComputeDevice wanted = OptionValue.deviceOrAuto("--device", device);
    checkPictures();
    ModelFolder folder = ModelFolder.of(model);
    ModelArgs args = ModelArgs.read(model);
    OptConfig lm =
        OptConfig.of(ModelConfig.read(folder.languageModel(args).resolve("config.json")));
    Path vision = folder.vision(args);
    ClipVisionConfig config =
        ClipVisionConfig.of(ModelConfig.read(vision.resolve("config.json"))).withoutProjection();
    ComputeDevice place = wanted == null ? CudaDevices.best() : CudaDevices.require(wanted);
    RetrievalHeads heads;
    try (Checkpoint trained = folder.openTrained()) {
      heads = RetrievalHeads.read(trained, lm.embedding(), args.retrievalSize());
    }
    ImagePreprocessor preprocessor = ImagePreprocessor.read(vision, config.side());
    try (Checkpoint files = Checkpoints.open(vision);
        Weights weights = Weights.load(files, config.layout().build(), place, Precision.FP32);
        ClipVision clip = new ClipVision(config, weights);
        ProgressBar bar =
            new ProgressBarBuilder()
                .setTaskName("index")
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(1000)
                .build()) {
      PackedLayers.pack(weights);
      CandidateIndexBuilder.Report report =
          new CandidateIndexBuilder(model, heads, Limits.DEFAULTS)
              .storage(storage)
              .onProgress((done, total) -> bar.maxHint(total).stepTo(done))
              .build(
                  pictures,
                  picture -> heads.key(clip.pooled(preprocessor.pixelValues(picture)).row(0)));
      PrintWriter err = spec.commandLine().getErr();
      report.unreadable().forEach(reason -> err.println("left out: " + reason));
      spec.commandLine().getOut().println(report.candidates() + " candidates");
    } finally {
      OutputTarget.dropIfEmpty(model.resolve("retrieval"));
    }
    return 0;
  }

  /** Before the model is looked at, so a folder without pictures is wrong usage. */
  private void checkPictures() {
    try {
      CandidateIndexBuilder.checkPictures(pictures);
    } catch (RetrievalException e) {
      throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
    }
  }
}
