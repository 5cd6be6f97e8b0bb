package io.github.gill.examples.eval;

import io.github.gill.DiffusionSettings;
import io.github.gill.GillException;
import io.github.gill.ModelFolder;
import io.github.gill.SchedulerKind;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.examples.eval.Result.Job;
import io.github.gill.examples.eval.metrics.InceptionFeatures;
import io.github.gill.examples.eval.metrics.Lpips;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gill eval}: the paper's experiments, and its claims held against the figures. */
@Command(
    name = "eval",
    description = "Repeat the paper's experiments and write their tables.",
    footer = "Started again after an interruption, it goes on where it ended.",
    sortOptions = false)
public final class EvalCommand implements Callable<Integer> {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model folder.")
  Path model = Path.of("");

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
          "Of decision, naming, retrieval, vist, visdial, captions, collection, refinement"
              + " (default: all that there is data for).")
  Set<String> tasks = new LinkedHashSet<>();

  @Option(
      names = "--limit",
      defaultValue = "2147483647",
      paramLabel = "N",
      description = "Items of each data set to draw pictures for (default: all).")
  int limit = Integer.MAX_VALUE;

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

  @Option(
      names = "--guidance",
      defaultValue = "7.5",
      paramLabel = "X",
      description = "Default: 7.5.")
  double guidance = 7.5;

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
    check();
    Files.createDirectories(out);
    EvaluationData items = new EvaluationData(data, model, limit);
    if (items.counts().isEmpty()) {
      throw new IllegalArgumentException(
          "there are no data sets in "
              + model.resolve("evaluation")
              + "; name some with --data, --vist, --visdial, --captions or --decisions");
    }
    DiffusionSettings drawing =
        DiffusionSettings.builder()
            .steps(steps)
            .guidance(guidance)
            .scheduler(SchedulerKind.parse(scheduler))
            .seed(seed)
            .build();
    long started = System.nanoTime();
    @Nullable ComputeDevice place = device.equals("auto") ? null : ComputeDevice.parse(device);
    ComputeDevice measuring = place == null ? CudaDevices.best() : place;
    try (ResultLog log = ResultLog.open(out.resolve("results.jsonl"), settings());
        EvaluatedModel evaluated =
            new EvaluatedModel(
                model,
                clip,
                ablations(),
                place,
                dtype.equals("auto") ? null : Precision.parse(dtype));
        Lpips perceptual =
            lpips.isEmpty() ? null : Lpips.open(lpips.get(0), lpips.get(1), measuring);
        InceptionFeatures seeing =
            inception == null ? null : InceptionFeatures.open(inception, measuring)) {
      Tasks all = new Tasks(evaluated, out, drawing, runs, pictures, perceptual, seeing);
      List<Job> jobs = new ArrayList<>();
      for (String task : tasks.isEmpty() ? Tasks.ALL : tasks) {
        jobs.addAll(all.jobs(task, items));
      }
      int failed = run(jobs, log);
      Report report =
          new Report(log.results(), items, evaluated.textPositions(), settings(), commandLine());
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
    return "java -jar examples/target/gill.jar eval "
        + String.join(" ", spec.commandLine().getParseResult().originalArgs());
  }

  private void check() {
    if (runs < 1 || runs > 8) {
      throw new ParameterException(spec.commandLine(), "--runs is " + runs + "; use 1 to 8");
    }
    if (limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit is " + limit + "; use 1 or more");
    }
    if (lpips.size() == 1 || lpips.size() > 2) {
      throw new ParameterException(
          spec.commandLine(), "--lpips has " + lpips.size() + " files; use ALEXNET,LINEAR");
    }
    for (String task : tasks) {
      if (!Tasks.ALL.contains(task)) {
        throw new ParameterException(
            spec.commandLine(), "task is \"" + task + "\"; use " + String.join(", ", Tasks.ALL));
      }
    }
  }

  /** Measures what is not in the log yet; returns how many items could not be measured. */
  private int run(List<Job> all, ResultLog log) {
    List<Job> jobs = all.stream().filter(job -> !log.has(job.key())).toList();
    boolean terminal = CommandLine.Help.Ansi.AUTO.enabled();
    int failed = 0;
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("eval")
            .setInitialMax(jobs.size())
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(terminal ? 1000 : 60_000)
            .build()) {
      for (Job job : jobs) {
        bar.setExtraMessage(job.key().task());
        Result result;
        try {
          result = Result.of(job.key(), job.work().measure());
        } catch (Tasks.Unmeasured | GillException e) {
          result = Result.failed(job.key(), String.valueOf(e.getMessage()));
          failed++;
        }
        log.add(result);
        bar.step();
      }
    }
    return failed;
  }

  private Map<String, Path> ablations() throws IOException {
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

  /** What results depend on: the limit too, because it says among how many a picture is found. */
  private Map<String, String> settings() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model", model.toAbsolutePath().normalize().getFileName().toString());
    settings.put("checkpoint", digest(ModelFolder.of(model).trained()).substring(0, 12));
    settings.put("scheduler", scheduler);
    settings.put("steps", Integer.toString(steps));
    settings.put("guidance", Double.toString(guidance));
    settings.put("seed", Long.toString(seed));
    settings.put("runs", Integer.toString(runs));
    settings.put("dtype", dtype);
    settings.put(
        "metrics",
        "clip" + (lpips.isEmpty() ? "" : ", lpips") + (inception == null ? "" : ", inception"));
    settings.put("limit", limit == Integer.MAX_VALUE ? "none" : Integer.toString(limit));
    return settings;
  }

  private static String digest(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        DigestInputStream digest =
            new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      digest.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
