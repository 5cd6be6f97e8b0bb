package io.github.gill;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.spi.ConditioningMapper;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.PartReport;
import io.github.gill.spi.Retriever;
import io.github.gill.vision.ClipVisionConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** Checks every part of a model by names and shapes and measures it, without loading weights. */
final class ModelInspection {

  private ModelInspection() {}

  static List<PartReport> inspect(
      ModelFolder folder, Placement placement, Limits limits, NetworkPolicy network) {
    List<PartReport> reports = new ArrayList<>();
    ModelArgs args = ModelArgs.read(folder.root());
    ComputeDevice device = placement.language();
    Precision precision = placement.languagePrecision();
    reports.add(
        network(
            "language model",
            () -> folder.languageModel(args),
            path -> OptConfig.of(path).layout(),
            device,
            precision));
    reports.add(
        network(
            "image encoder",
            () -> folder.vision(args),
            path -> ClipVisionConfig.of(path).layout().build(),
            device,
            precision));
    try (Checkpoint trained = folder.openTrained()) {
      reports.add(
          PartReport.of(
              "trained parts",
              trained.source(),
              device,
              precision,
              () ->
                  trained.tensors().values().stream()
                      .mapToLong(info -> info.elements() * precision.bytes())
                      .sum()));
      int hidden = hiddenSize(folder, args);
      ModelContext near =
          new ModelContext(
              folder.root(),
              args,
              trained,
              hidden,
              folder.diffusion(),
              device,
              precision,
              limits,
              network);
      ModelContext far =
          new ModelContext(
              folder.root(),
              args,
              trained,
              hidden,
              folder.diffusion(),
              placement.diffusion(),
              placement.diffusionPrecision(),
              limits,
              network);
      for (Retriever.Provider provider : ServiceLoader.load(Retriever.Provider.class)) {
        reports.addAll(provider.inspect(near));
      }
      for (ConditioningMapper.Provider provider :
          ServiceLoader.load(ConditioningMapper.Provider.class)) {
        reports.addAll(provider.inspect(far));
      }
      for (ImageGenerator.Provider provider : ServiceLoader.load(ImageGenerator.Provider.class)) {
        if (folder.diffusion() != null) {
          reports.addAll(provider.inspect(far));
        }
      }
    } catch (ModelFileException e) {
      reports.add(
          new PartReport(
              "trained parts", folder.root().toString(), device, precision, 0, e.getMessage()));
    }
    return reports;
  }

  private static int hiddenSize(ModelFolder folder, ModelArgs args) {
    try {
      return OptConfig.of(ModelConfig.read(folder.languageModel(args).resolve("config.json")))
          .embedding();
    } catch (ModelFileException e) {
      return 1; // already reported with the language model
    }
  }

  /** Makes a layout from a configuration. */
  private interface LayoutOf {
    Layout apply(ModelConfig config);
  }

  private static PartReport network(
      String part,
      Supplier<Path> place,
      LayoutOf layout,
      ComputeDevice device,
      Precision precision) {
    Path path;
    try {
      path = place.get();
    } catch (ModelFileException e) {
      return new PartReport(part, "nowhere", device, precision, 0, e.getMessage());
    }
    return PartReport.of(
        part,
        path.toString(),
        device,
        precision,
        () -> {
          Layout expected = layout.apply(ModelConfig.read(path.resolve("config.json")));
          try (Checkpoint checkpoint = Checkpoints.open(path, "model", "pytorch_model")) {
            return PartReport.weightBytes(checkpoint, expected, precision);
          }
        });
  }
}
