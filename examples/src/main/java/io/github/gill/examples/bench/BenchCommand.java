package io.github.gill.examples.bench;

import io.github.gill.cuda.CudaDevices;
import io.github.gill.examples.cli.options.BundledFolder;
import io.github.gill.examples.cli.options.OptionValue;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill bench}: times the model's parts and prints a line of JSON for each. */
@Command(
    name = "bench",
    description = "Time the model's parts, case by case, as JSON lines.",
    sortOptions = false,
    subcommands = SoakCommand.class)
public final class BenchCommand implements Callable<Integer> {

  /** In the order in which they run. */
  private static final List<String> CASES =
      List.of("lm", "clip", "mapper", "scan", "unet", "vae", "load", "chat", "together", "start");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The model folder (default: models/gill-tiny in the source folder).")
  @Nullable Path model;

  @Option(
      names = "--cases",
      split = ",",
      defaultValue = "lm,clip,mapper,scan,unet,vae,load,chat,together,start",
      paramLabel = "CASE",
      description =
          "Default: ${DEFAULT-VALUE}. The first six are also in examples/bench/reference.py.")
  Set<String> cases = new LinkedHashSet<>(CASES);

  @Option(
      names = "--against",
      paramLabel = "FILE",
      description =
          "JSON lines of examples/bench/reference.py or another bench; prints ratios at the end.")
  @Nullable Path against;

  @Option(names = "--threads", defaultValue = "2", paramLabel = "N", description = "Default: 2.")
  int threads = 2;

  @Option(names = "--device", defaultValue = "cpu", paramLabel = "cpu|cuda|cuda:N")
  String device = "cpu";

  @Option(names = "--dtype", defaultValue = "fp32", paramLabel = "fp32|fp16|bf16")
  String dtype = "fp32";

  @Option(
      names = "--quantize",
      defaultValue = "none",
      paramLabel = "none|int8|int4",
      description = "Of the language model.")
  String quantize = "none";

  @Option(names = "--size", defaultValue = "256", paramLabel = "N", description = "Pixels.")
  int size = 256;

  @Option(names = "--prompt", defaultValue = "64", paramLabel = "N", description = "Tokens read.")
  int prompt = 64;

  @Option(names = "--tokens", defaultValue = "32", paramLabel = "N", description = "Then decoded.")
  int tokens = 32;

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "1000000",
      paramLabel = "N",
      description = "Candidates; several numbers make several cases.")
  List<Integer> rows = List.of(1_000_000);

  @Spec CommandSpec spec;

  /** Makes the command; called by picocli. */
  public BenchCommand() {}

  @Override
  public Integer call() {
    List<String> unknown = cases.stream().filter(name -> !CASES.contains(name)).toList();
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "--cases has " + unknown + "; use " + String.join(", ", CASES));
    }
    checkAtLeast("--threads", threads, 1);
    checkAtLeast("--prompt", prompt, 1);
    checkAtLeast("--tokens", tokens, 1);
    checkAtLeast("--size", size, 8);
    rows.forEach(count -> checkAtLeast("--rows", count, 1));
    // libtorch asks for this once, when it starts.
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    List<Measurement> reference = against == null ? List.of() : Measurement.read(against);
    List<Measurement> measured = new ArrayList<>();
    CASES.stream().filter(cases::contains).forEach(name -> run(name, measured));
    if (against != null) {
      Comparison.print(measured, reference, spec.commandLine().getOut());
    }
    return 0;
  }

  private static void checkAtLeast(String option, int found, int least) {
    if (found < least) {
      throw new IllegalArgumentException(
          "%s is %d; use %d or more".formatted(option, found, least));
    }
  }

  private void run(String name, List<Measurement> measured) {
    PrintWriter out = spec.commandLine().getOut();
    Consumer<Measurement> results =
        result -> {
          measured.add(result);
          out.println(result.toJson());
          out.flush();
        };
    Path folder = BundledFolder.or(model);
    ComputeDevice place = CudaDevices.require(ComputeDevice.parse(device));
    Precision type = OptionValue.constant("--dtype", dtype, Precision.class);
    Quantization shrunk = OptionValue.constant("--quantize", quantize, Quantization.class);
    PartCases parts = new PartCases(folder, place, type, shrunk, results);
    EngineCases engine = new EngineCases(folder, place, type, shrunk, results);
    switch (name) {
      case "lm" -> parts.language(prompt, tokens);
      case "clip" -> parts.vision();
      case "mapper" -> parts.mapper();
      case "scan" -> rows.forEach(parts::scan);
      case "unet" -> parts.diffusion(size, true, cases.contains("vae"));
      case "vae" -> {
        if (!cases.contains("unet")) { // else it was timed behind it
          parts.diffusion(size, false, true);
        }
      }
      case "load" -> engine.load();
      case "chat" -> engine.chat();
      case "together" -> engine.together();
      default -> engine.start();
    }
  }
}
