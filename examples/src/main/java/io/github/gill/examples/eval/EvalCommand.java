package io.github.gill.examples.eval;

import io.github.gill.DiffusionSettings;
import io.github.gill.GillException;
import io.github.gill.ModelFolder;
import io.github.gill.SchedulerKind;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.examples.cli.files.OutputTarget;
import io.github.gill.examples.cli.options.BundledFolder;
import io.github.gill.examples.cli.options.OptionValue;
import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.metrics.InceptionFeatures;
import io.github.gill.examples.eval.metrics.Lpips;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill eval}: the paper's experiments, and its claims held against the figures. */
@Command(
    name = "eval",
    description = "Repeat the paper's experiments and write their tables.",
    footer = "Started again after an interruption, it goes on where it ended.",
    sortOptions = false)
public final class EvalCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "The model folder (default: the bundled model's in the source folder, models/gill-tiny,"
              + " with its own data in evaluation/).")
  @Nullable Path model;

  @Option(
      names = "--out",
      defaultValue = "evaluation",
      paramLabel = "DIR",
      description = "Gets results.jsonl, pictures/ and index.html (default: ${DEFAULT-VALUE}).")
  Path out = Path.of("evaluation");

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "The tables (default: evaluation.md in --out).")
  @Nullable Path markdown;

  @Mixin DataOptions data = new DataOptions();

  @Option(
      names = "--tasks",
      split = ",",
      paramLabel = "TASK",
      description =
          "Of decision, recipes, naming, retrieval, vist, visdial, captions, collection, refinement"
              + " (default: all that there is data for).")
  Set<String> tasks = new LinkedHashSet<>();

  @Option(
      names = "--limit",
      defaultValue = "2147483647",
      paramLabel = "N",
      description = "Items of each data set to draw pictures for (default: all).")
  int limit = Integer.MAX_VALUE;

  @Option(
      names = "--limit-reading",
      defaultValue = "2147483647",
      paramLabel = "N",
      description = {
        "Items of each data set for the tasks that draw nothing: decision, recipes, naming and",
        "retrieval, which searches the pictures of so many stories (default: all)."
      })
  int limitReading = Integer.MAX_VALUE;

  @Option(
      names = "--runs",
      defaultValue = "2",
      paramLabel = "N",
      description = "Pictures drawn for each prompt, 1 to 8 (default: ${DEFAULT-VALUE}).")
  int runs = 2;

  @Option(
      names = "--ablations",
      paramLabel = "DIR",
      description = {
        "Checkpoints with other maps, named as text_fc_mode: linear.pth.tar …",
        "(default: ablations/ in the model folder)."
      })
  @Nullable Path ablations;

  @Option(
      names = "--pictures",
      paramLabel = "NAME=DIR",
      description = {
        "Pictures that another system made, to score beside: in DIR/<task>/<context>, for example",
        "vist/5-captions, each named as the item or as its true picture."
      })
  Map<String, Path> pictures = new LinkedHashMap<>();

  @Option(
      names = "--clip",
      paramLabel = "DIR",
      description = "The CLIP to compare pictures with (default: the model's own).")
  @Nullable Path clip;

  @Option(
      names = "--lpips",
      split = ",",
      paramLabel = "ALEXNET,LINEAR",
      description = "AlexNet's and LPIPS' published weights; measures LPIPS too.")
  List<Path> lpips = new ArrayList<>();

  @Option(
      names = "--inception",
      paramLabel = "FILE",
      description = "Inception's published weights; measures FID and KID too.")
  @Nullable Path inception;

  @Option(names = "--steps", defaultValue = "50", paramLabel = "N", description = "Default: 50.")
  int steps = 50;

  @Option(names = "--guidance", paramLabel = "X", description = "Default: the model's own.")
  @Nullable Double guidance;

  @Option(
      names = "--scheduler",
      defaultValue = "pndm",
      paramLabel = "NAME",
      description = "Default: pndm.")
  String scheduler = "pndm";

  @Option(names = "--seed", defaultValue = "42", paramLabel = "N", description = "Default: 42.")
  long seed = 42;

  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "auto|cpu|cuda|cuda:N",
      description = "Where to compute (default: ${DEFAULT-VALUE}).")
  String device = "auto";

  @Option(
      names = "--dtype",
      defaultValue = "auto",
      paramLabel = "auto|fp32|fp16|bf16",
      description = "In which type to compute (default: ${DEFAULT-VALUE}).")
  String dtype = "auto";

  @Spec CommandSpec spec;

  /** Makes the command; called by picocli. */
  public EvalCommand() {}

  @Override
  public Integer call() throws IOException {
    Path folder = ModelFolder.of(BundledFolder.or(model)).root();
    check(folder);
    ComputeDevice place = OptionValue.deviceOrAuto("--device", device);
    Precision precision = OptionValue.constantOrAuto("--dtype", dtype, Precision.class);
    EvaluationData items = new EvaluationData(data, folder, limit, limitReading);
    require(
        !items.counts().isEmpty(),
        "there are no data sets in "
            + data.folder(folder)
            + "; name some with --data, --vist, --visdial, --captions or --decisions");
    OutputTarget.checkFolder(out);
    if (markdown != null) {
      OutputTarget.checkFile(markdown);
    }
    long started = System.nanoTime();
    ComputeDevice measuring = place == null ? CudaDevices.best() : place;
    try (EvaluatedModel evaluated =
            new EvaluatedModel(folder, clip, ablations(folder), place, precision);
        Lpips perceptual =
            lpips.isEmpty() ? null : Lpips.open(lpips.get(0), lpips.get(1), measuring);
        InceptionFeatures seeing =
            inception == null ? null : InceptionFeatures.open(inception, measuring);
        ResultLog log = ResultLog.open(out.resolve("results.jsonl"), settings(folder, evaluated))) {
      DiffusionSettings drawing = drawing(guidance(evaluated));
      Tasks all =
          new Tasks(new TaskSetup(evaluated, out, drawing, runs, pictures, perceptual, seeing));
      List<Job> jobs = new ArrayList<>();
      for (String task : tasks.isEmpty() ? Tasks.ALL : tasks) {
        jobs.addAll(all.jobs(task, items));
      }
      int failed = run(jobs, log);
      Report report =
          new Report(
              log.results(),
              items,
              evaluated.textPositions(),
              settings(folder, evaluated),
              commandLine());
      Path table = markdown == null ? out.resolve("evaluation.md") : markdown;
      Files.writeString(table, MarkdownPage.write(report.blocks()));
      Files.writeString(out.resolve("index.html"), HtmlPage.write(report.blocks(), out));
      spec.commandLine()
          .getOut()
          .printf(
              "%s and %s, %d s%n",
              table, out.resolve("index.html"), (System.nanoTime() - started) / 1_000_000_000L);
      if (failed > 0) {
        spec.commandLine().getErr().println(failed + " items could not be measured");
      }
    }
    return 0;
  }

  private String commandLine() {
    List<String> typed = spec.commandLine().getParseResult().originalArgs();
    // As a subcommand it is named itself; alone it is not.
    boolean named = !typed.isEmpty() && typed.get(0).equals(spec.name());
    return "java -jar examples/target/gill.jar eval "
        + String.join(" ", named ? typed.subList(1, typed.size()) : typed);
  }

  /** Checks the options before anything is loaded or made. */
  private void check(Path folder) {
    require(runs >= 1 && runs <= 8, "--runs is " + runs + "; use 1 to 8");
    require(
        Math.min(limit, limitReading) >= 1,
        "--limit is %d and --limit-reading %d; use 1 or more".formatted(limit, limitReading));
    require(
        lpips.isEmpty() || lpips.size() == 2,
        "--lpips has " + lpips.size() + " files; use ALEXNET,LINEAR");
    for (String task : tasks) {
      require(
          Tasks.ALL.contains(task),
          "task is \"" + task + "\"; use " + String.join(", ", Tasks.ALL));
    }
    DiffusionSettings unused = drawing(guidance == null ? 0 : guidance);
    DataOptions.requireFolder("--ablations", ablations);
    DataOptions.requireFolder("--clip", clip);
    DataOptions.requireFile("--inception", inception);
    lpips.forEach(file -> DataOptions.requireFile("--lpips", file));
    pictures.forEach((name, made) -> DataOptions.requireFolder("--pictures " + name, made));
    data.check(folder);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Measures what is not in the log yet; returns how many items could not be measured. */
  private int run(List<Job> all, ResultLog log) {
    List<Job> jobs = all.stream().filter(job -> !log.has(job.key())).toList();
    boolean terminal = CommandLine.Help.Ansi.AUTO.enabled();
    int failed = 0;
    int begun = 0;
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("eval")
            .setInitialMax(jobs.stream().mapToLong(Job::cost).sum())
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(terminal ? 1000 : 60_000)
            .build()) {
      for (Job job : jobs) {
        bar.setExtraMessage(job.key().task() + ", " + ++begun + " of " + jobs.size());
        Result result;
        try {
          result = Result.of(job.key(), job.work().measure());
        } catch (Tasks.Unmeasured | GillException e) {
          result = Result.failed(job.key(), String.valueOf(e.getMessage()));
          failed++;
        }
        log.add(result);
        bar.stepBy(job.cost());
      }
    }
    return failed;
  }

  private double guidance(EvaluatedModel evaluated) {
    return guidance == null ? evaluated.guidance() : guidance;
  }

  private DiffusionSettings drawing(double scale) {
    return DiffusionSettings.builder()
        .steps(steps)
        .guidance(scale)
        .scheduler(SchedulerKind.parse(scheduler))
        .seed(seed)
        .build();
  }

  private Map<String, Path> ablations(Path model) throws IOException {
    Path folder = ablations == null ? model.resolve("ablations") : ablations;
    Map<String, Path> found = new TreeMap<>();
    if (ablations == null && !Files.isDirectory(folder)) {
      return found;
    }
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(
          file -> {
            String name = file.getFileName().toString();
            if (name.endsWith(".pth.tar") || name.endsWith(".safetensors")) {
              found.put(name.substring(0, name.indexOf('.')), file);
            }
          });
    }
    return found;
  }

  /** What results depend on: the limits too, because they say among how many a picture is found. */
  private Map<String, String> settings(Path model, EvaluatedModel evaluated) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model", model.toAbsolutePath().normalize().getFileName().toString());
    List<Path> files = new ArrayList<>(evaluated.files());
    Stream.of(clip, inception).filter(Objects::nonNull).forEach(files::add);
    files.addAll(lpips);
    settings.put("files", Fingerprint.of(files));
    settings.put("data", Fingerprint.of(data.files(model)));
    settings.put("scheduler", scheduler);
    settings.put("steps", Integer.toString(steps));
    settings.put("guidance", Double.toString(guidance(evaluated)));
    settings.put("seed", Long.toString(seed));
    settings.put("runs", Integer.toString(runs));
    settings.put("dtype", dtype);
    settings.put(
        "metrics",
        "clip" + (lpips.isEmpty() ? "" : ", lpips") + (inception == null ? "" : ", inception"));
    settings.put("limit", limit + " drawn, " + limitReading + " read");
    return settings;
  }
}
