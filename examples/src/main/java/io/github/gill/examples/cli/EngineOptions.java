package io.github.gill.examples.cli;

import io.github.gill.Gill;
import io.github.gill.NetworkPolicy;
import io.github.gill.examples.cli.options.OptionValue;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say which model runs where. */
final class EngineOptions {

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The model folder (default: the small model that ships with the library).")
  @Nullable Path model;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda|cuda:N",
      description = "Where to compute (default: ${DEFAULT-VALUE}).")
  String device = "auto";

  @Option(
      names = "--diffusion-device",
      paramLabel = "cpu|cuda|cuda:N",
      description = "Where to draw pictures (default: where the rest computes).")
  @Nullable String diffusionDevice;

  @Option(
      names = "--dtype",
      paramLabel = "auto|fp32|fp16|bf16",
      description = "In which type to compute (default: ${DEFAULT-VALUE}).")
  String dtype = "auto";

  @Option(
      names = "--quantize",
      paramLabel = "auto|none|int8|int4",
      description =
          "How to shrink the language model's weights (default: ${DEFAULT-VALUE}, as little as"
              + " memory allows).")
  String quantize = "auto";

  @Option(
      names = "--memory",
      paramLabel = "GIB",
      description = "How much memory to use on the CPU, in GiB (default: what is available).")
  @Nullable Double memory;

  @Option(
      names = "--fetch-urls",
      description = "Let candidates' pictures be fetched from the network.")
  boolean fetchUrls;

  EngineOptions() {}

  @Option(
      names = "--download",
      description = "Let missing parts be downloaded from the Hugging Face hub.")
  boolean download;

  Gill.Builder builder() {
    Gill.Builder builder = Gill.builder();
    builder.model(model);
    builder.device(OptionValue.deviceOrAuto("--device", device));
    builder.diffusionDevice(diffusionDevice == null ? null : ComputeDevice.parse(diffusionDevice));
    builder.precision(OptionValue.constantOrAuto("--dtype", dtype, Precision.class));
    builder.quantization(OptionValue.constantOrAuto("--quantize", quantize, Quantization.class));
    if (memory != null) {
      long bytes = (long) (memory * (1L << 30));
      if (bytes < 1) {
        throw new IllegalArgumentException(
            "--memory is " + memory + "; give a number of GiB above 0, for example 8 or 1.5");
      }
      builder.memoryBudget(bytes);
    }
    builder.network(fetchUrls ? NetworkPolicy.CANDIDATES : NetworkPolicy.OFFLINE);
    builder.downloads(download ? EngineOptions::showDownload : null);
    return builder;
  }

  private static void showDownload(String file, long done, long size) {
    System.err.printf("\r%s %d of %d MiB", file, done >> 20, size >> 20);
    if (done == size) {
      System.err.println();
    }
  }
}
