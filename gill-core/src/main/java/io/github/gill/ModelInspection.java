package io.github.gill;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.language.ClipTokenizer;
import io.github.gill.language.LanguageModel;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.language.OptTokenizer;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.PartReport;
import io.github.gill.spi.Retriever;
import io.github.gill.vision.ClipVisionConfig;
import io.github.gill.vision.ImagePreprocessor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Checks every part of a model by names and shapes and measures it, without loading weights. */
final class ModelInspection {

  /** A picture's activations in CLIP ViT-L/14 at 224 pixels, measured. */
  private static final long VISION_WORKING_BYTES = 32L << 20;

  private ModelInspection() {}

  static List<PartReport> inspect(
      ModelFolder folder, Placement placement, Limits limits, NetworkPolicy network) {
    List<PartReport> reports = new ArrayList<>();
    ModelArgs args = ModelArgs.read(folder.root());
    ComputeDevice device = placement.language();
    Precision precision = placement.languagePrecision();
    PartReport languageModel =
        network(
            "language model"
                + (placement.quantization() == Quantization.NONE
                    ? ""
                    : ", " + placement.quantization()),
            () -> folder.languageModel(args),
            (json, files) ->
                LanguageModel.weightBytes(
                    OptConfig.of(json), files, device, precision, placement.quantization()),
            json -> LanguageModel.workingBytes(OptConfig.of(json), precision),
            device,
            precision);
    reports.add(languageModel);
    PartReport vision =
        network(
            "image encoder",
            () -> folder.vision(args),
            (json, files) ->
                PartReport.weightBytes(
                    files,
                    ClipVisionConfig.of(json).withoutProjection().layout().build(),
                    precision),
            json -> VISION_WORKING_BYTES,
            device,
            precision);
    reports.add(vision);
    try (Checkpoint trained = folder.openTrained()) {
      reports.add(
          PartReport.of(
              "trained parts",
              trained.source(),
              device,
              precision,
              () -> {
                if (languageModel.problem() == null) {
                  Path config = folder.languageModel(args).resolve("config.json");
                  OptConfig lm = OptConfig.of(ModelConfig.read(config));
                  ModelParts.checkImageRows(trained, args, lm.embedding());
                  if (vision.problem() == null) {
                    int seen = visionConfig(folder.vision(args)).hidden();
                    ModelParts.prefixLayout(args, lm.embedding(), seen).match(trained);
                  }
                }
                return trained.tensors().entrySet().stream()
                    .filter(tensor -> tensor.getKey().matches(".*(visual|input)_embeddings\\..*"))
                    .mapToLong(tensor -> tensor.getValue().elements() * precision.bytes())
                    .sum();
              }));
      int hidden = hiddenSize(trained);
      ModelContext near =
          new ModelContext(
              folder.root(),
              args,
              trained,
              hidden,
              folder.diffusion(),
              device,
              precision,
              false,
              limits,
              network);
      ModelContext far =
          near.on(
              placement.diffusion(), placement.diffusionPrecision(), placement.diffusionAsStored());
      for (Retriever.Provider provider : ServiceLoader.load(Retriever.Provider.class)) {
        reports.addAll(provider.inspect(near));
      }
      reports.addAll(map(far));
      for (ImageGenerator.Provider provider : ServiceLoader.load(ImageGenerator.Provider.class)) {
        if (folder.diffusion() != null) {
          reports.addAll(provider.inspect(far));
        }
      }
    } catch (ModelFileException e) {
      reports.add(
          new PartReport(
              "trained parts", folder.root().toString(), device, precision, 0, 0, e.getMessage()));
    }
    return reports;
  }

  /**
   * Reads the small files that no measure of memory needs.
   *
   * @return the problems with them, which {@link #inspect} does not know
   */
  static List<PartReport> check(ModelFolder folder, Placement placement) {
    ModelArgs args = ModelArgs.read(folder.root());
    List<PartReport> reports = new ArrayList<>();
    Path lm = find(() -> folder.languageModel(args));
    if (lm != null) {
      reports.add(
          small(
              "tokenizer", lm, placement, () -> OptTokenizer.read(lm, args.imageTokens()).close()));
    }
    Path clip = find(() -> folder.vision(args));
    if (clip != null) {
      reports.add(
          small(
              "image preprocessing",
              clip,
              placement,
              () -> {
                ClipVisionConfig config = find(() -> visionConfig(clip));
                if (config != null) {
                  ImagePreprocessor.read(clip, config.side());
                }
              }));
    }
    Path diffusion = folder.diffusion();
    if (diffusion != null && Files.isDirectory(diffusion.resolve("tokenizer"))) {
      Path tokenizer = diffusion.resolve("tokenizer");
      reports.add(
          small(
              "diffusion tokenizer",
              tokenizer,
              placement,
              () -> ClipTokenizer.read(tokenizer).close()));
    }
    reports.removeIf(report -> report.problem() == null);
    return reports;
  }

  static ClipVisionConfig visionConfig(Path clip) {
    return ClipVisionConfig.of(ModelConfig.read(clip.resolve("config.json")));
  }

  private static <T> @Nullable T find(Supplier<T> part) {
    try {
      return part.get();
    } catch (ModelFileException e) {
      return null; // reported with the part itself
    }
  }

  private static PartReport small(String part, Path file, Placement placement, Runnable read) {
    return PartReport.of(
        part,
        file.toString(),
        placement.language(),
        placement.languagePrecision(),
        () -> {
          read.run();
          return 0;
        });
  }

  private static List<PartReport> map(ModelContext context) {
    try {
      return ModelParts.mapperProvider(context)
          .map(provider -> provider.inspect(context))
          .orElse(List.of());
    } catch (ModelFileException e) {
      return List.of(
          new PartReport(
              "map",
              context.trained().source(),
              context.device(),
              context.precision(),
              0,
              0,
              e.getMessage()));
    }
  }

  /** Of the language model that the parts were trained on, also where that is missing. */
  private static int hiddenSize(Checkpoint trained) {
    TensorInfo rows = trained.tensors().get(ModelParts.IMAGE_ROWS);
    if (rows == null || rows.shape().size() != 2) {
      throw new ModelFileException(
          trained.source()
              + " has no matrix \"input_embeddings.weight\"; use a checkpoint of GILL");
    }
    return Math.toIntExact(rows.shape().get(1));
  }

  /** Measures weights without reading them. */
  private interface Measure {
    long weightBytes(ModelConfig config, Checkpoint files);
  }

  private static PartReport network(
      String part,
      Supplier<Path> place,
      Measure measure,
      ToLongFunction<ModelConfig> working,
      ComputeDevice device,
      Precision precision) {
    Path path;
    try {
      path = place.get();
    } catch (ModelFileException e) {
      return new PartReport(part, "nowhere", device, precision, 0, 0, e.getMessage());
    }
    ModelConfig config;
    try {
      config = ModelConfig.read(path.resolve("config.json"));
    } catch (ModelFileException e) {
      return new PartReport(part, path.toString(), device, precision, 0, 0, e.getMessage());
    }
    PartReport report =
        PartReport.of(
            part,
            path.toString(),
            device,
            precision,
            () -> {
              try (Checkpoint checkpoint = Checkpoints.open(path, "model", "pytorch_model")) {
                return measure.weightBytes(config, checkpoint);
              }
            });
    return report.problem() == null ? report.working(working.applyAsLong(config)) : report;
  }
}
