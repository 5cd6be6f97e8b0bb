package io.github.gill.diffusion;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.diffusion.scheduler.SchedulerConfig;
import io.github.gill.language.ClipTokenizer;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.PartReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a Stable Diffusion model, loaded from a folder laid out as diffusers saves its
 * pipelines: {@code unet}, {@code vae} and {@code scheduler}, and where present {@code
 * text_encoder}, {@code tokenizer}, {@code safety_checker} and {@code feature_extractor}.
 */
final class Components implements AutoCloseable {

  private static final Set<String> PIPELINES =
      Set.of(
          "StableDiffusionPipeline",
          "StableDiffusionImg2ImgPipeline",
          "StableDiffusionPipelineSafe",
          "StableDiffusionSafetyPipeline");

  /** Channels that the VAE works on at a picture's full size. */
  private static final int DECODER_CHANNELS = 256;

  private final Path folder;
  private final ComputeDevice device;
  private final Precision precision;
  private final boolean asStored;
  private final Resources resources = new Resources();
  private final UNet unet;
  private final Vae vae;
  private final SchedulerConfig schedulers;
  private final @Nullable TextEncoder textEncoder;
  private final @Nullable SafetyChecker safetyChecker;
  private final PartSizes sizes;

  private Components(Path folder, ComputeDevice device, Precision precision, boolean asStored) {
    this.folder = folder;
    this.device = device;
    this.precision = precision;
    this.asStored = asStored;
    try {
      @Nullable ModelConfig index = index(folder);
      schedulers = SchedulerConfig.read(folder.resolve("scheduler"));
      unet = openUNet();
      vae = openVae();
      textEncoder = present(folder, index, "text_encoder") ? openTextEncoder(index) : null;
      safetyChecker = present(folder, index, "safety_checker") ? openSafetyChecker() : null;
      sizes =
          new PartSizes(
              folder,
              unet.config(),
              vae.config(),
              textEncoder == null ? null : textEncoder.config());
    } catch (RuntimeException | Error e) {
      try {
        resources.close();
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /**
   * Loads a model.
   *
   * @param folder the model's folder
   * @param device where its networks run
   * @param precision of the text encoder and the UNet; the VAE's too unless its configuration says
   *     {@code force_upcast}; the safety checker's is fp32
   * @return the parts, which the caller closes
   * @throws ModelFileException if files or tensors are missing or do not fit
   */
  static Components open(Path folder, ComputeDevice device, Precision precision) {
    return open(folder, device, precision, /* asStored= */ false);
  }

  /** Loads a model; the UNet's weights may stay in their file's type until they are used. */
  static Components open(Path folder, ComputeDevice device, Precision precision, boolean asStored) {
    return new Components(folder, device, precision, asStored);
  }

  /** Looks at what {@link #open} would load. */
  static List<PartReport> inspect(
      Path folder, ComputeDevice device, Precision precision, boolean asStored) {
    List<PartReport> reports = new ArrayList<>();
    reports.add(
        look(
            folder,
            "unet",
            device,
            precision,
            asStored,
            json -> UNetLayout.of(UNetConfig.of(json)),
            json -> workingBytes(UNetConfig.of(json), precision)));
    // The VAE's configuration may ask for fp32, which is its larger case.
    reports.add(
        look(
            folder,
            "vae",
            device,
            Precision.FP32,
            /* asStored= */ false,
            json -> VaeConfig.of(json).layout(),
            json -> 0));
    if (Files.isDirectory(folder.resolve("text_encoder"))) {
      reports.add(
          look(
              folder,
              "text_encoder",
              device,
              precision,
              /* asStored= */ false,
              json -> TextEncoderConfig.of(json).layout().build(),
              json -> 0));
    }
    if (Files.isDirectory(folder.resolve("safety_checker"))) {
      Path place = folder.resolve("safety_checker");
      reports.add(
          PartReport.of(
              "diffusion safety checker",
              place.toString(),
              device,
              Precision.FP32,
              () -> SafetyChecker.weightBytes(place)));
    }
    Path place = folder.resolve("scheduler");
    PartReport scheduler =
        PartReport.of(
            "diffusion scheduler",
            place.toString(),
            device,
            precision,
            () -> {
              SchedulerConfig config = SchedulerConfig.read(place);
              config.create(config.kind(), 1);
              return 0;
            });
    if (scheduler.problem() != null) {
      reports.add(scheduler);
    }
    return reports;
  }

  private static PartReport look(
      Path folder,
      String part,
      ComputeDevice device,
      Precision precision,
      boolean asStored,
      Function<ModelConfig, Layout> layout,
      ToLongFunction<ModelConfig> working) {
    Path place = folder.resolve(part);
    PartReport report =
        PartReport.of(
            "diffusion " + part.replace('_', ' '),
            place.toString(),
            device,
            precision,
            () -> {
              Layout expected = layout.apply(ModelConfig.read(place.resolve("config.json")));
              try (Checkpoint checkpoint = Checkpoints.open(place)) {
                return asStored
                    ? storedBytes(checkpoint, expected)
                    : PartReport.weightBytes(checkpoint, expected, precision);
              }
            });
    return report.problem() == null
        ? report.working(working.applyAsLong(ModelConfig.read(place.resolve("config.json"))))
        : report;
  }

  private static long storedBytes(Checkpoint checkpoint, Layout layout) {
    return layout.match(checkpoint).values().stream()
        .mapToLong(name -> Objects.requireNonNull(checkpoint.tensors().get(name)).bytes())
        .sum();
  }

  /**
   * Estimates the activations of one guided picture of the usual size: four tensors of the VAE's
   * last level, and the UNet's skips and widest feed-forward layer.
   */
  private static long workingBytes(UNetConfig config, Precision precision) {
    long latents = (long) config.latentSide() * config.latentSide();
    long decoding = 4L * 64 * latents * DECODER_CHANNELS * Float.BYTES;
    long denoising = 2 * latents * config.channels().get(0) * 24 * precision.bytes();
    return decoding + denoising;
  }

  Path folder() {
    return folder;
  }

  UNet unet() {
    return unet;
  }

  Vae vae() {
    return vae;
  }

  PartSizes sizes() {
    return sizes;
  }

  SchedulerConfig schedulers() {
    return schedulers;
  }

  /** The text encoder, or null if the model has none. */
  @Nullable TextEncoder textEncoder() {
    return textEncoder;
  }

  /** The safety checker, or null if the model has none. */
  @Nullable SafetyChecker safetyChecker() {
    return safetyChecker;
  }

  /** The pipeline's own description, or null if there is none. */
  static @Nullable ModelConfig index(Path folder) {
    Path file = folder.resolve("model_index.json");
    if (!Files.exists(file)) {
      return null;
    }
    ModelConfig index = ModelConfig.read(file);
    String pipeline = index.text("_class_name", "StableDiffusionPipeline");
    if (!PIPELINES.contains(pipeline)) {
      throw new ModelFileException(
          file + " is a " + pipeline + "; use a Stable Diffusion 1.x or 2.x model");
    }
    return index;
  }

  /** A part is absent if its folder is, or if the index names it and gives nulls. */
  static boolean present(Path folder, @Nullable ModelConfig index, String part) {
    if (index != null && index.isList(part) && index.json(part).startsWith("[null")) {
      return false;
    }
    return Files.isDirectory(folder.resolve(part));
  }

  private UNet openUNet() {
    UNetConfig config = UNetConfig.of(config("unet"));
    UNet network = new UNet(config, weights("unet", UNetLayout.of(config), precision));
    resources.add(network::close);
    return network;
  }

  private Vae openVae() {
    VaeConfig config = VaeConfig.of(config("vae"));
    Precision own = config.forceUpcast() ? Precision.FP32 : precision;
    Vae network = new Vae(config, weights("vae", config.layout(), own));
    resources.add(network::close);
    return network;
  }

  private TextEncoder openTextEncoder(@Nullable ModelConfig index) {
    TextEncoderConfig config = TextEncoderConfig.of(config("text_encoder"));
    @Nullable ClipTokenizer tokenizer =
        present(folder, index, "tokenizer")
            ? ClipTokenizer.read(folder.resolve("tokenizer"))
            : null;
    if (tokenizer != null) {
      resources.add(tokenizer::close);
    }
    TextEncoder encoder =
        new TextEncoder(
            config, weights("text_encoder", config.layout().build(), precision), tokenizer);
    resources.add(encoder::close);
    return encoder;
  }

  private SafetyChecker openSafetyChecker() {
    SafetyChecker checker =
        SafetyChecker.load(
            config("safety_checker"),
            checkpoint("safety_checker"),
            folder.resolve("feature_extractor"),
            device);
    resources.add(checker::close);
    return checker;
  }

  private ModelConfig config(String part) {
    return ModelConfig.read(folder.resolve(part).resolve("config.json"));
  }

  private Checkpoint checkpoint(String part) {
    Checkpoint checkpoint = Checkpoints.open(folder.resolve(part));
    resources.add(checkpoint::close);
    return checkpoint;
  }

  /** Loads a network, and lets its file go where nothing of it is used in place. */
  private Weights weights(String part, Layout layout, Precision own) {
    Checkpoint checkpoint = checkpoint(part);
    if (asStored && part.equals("unet") && !device.cuda()) {
      try (Weights.Builder builder = Weights.builder(device, own)) {
        return builder
            .add(
                checkpoint,
                layout,
                "",
                name ->
                    layout.shape(name).length > 1 ? Weights.Use.AS_STORED : Weights.Use.CONVERTED)
            .build();
      }
    }
    Weights weights = Weights.load(checkpoint, layout, device, own);
    boolean inPlace =
        layout.match(checkpoint).values().stream()
            .map(name -> Objects.requireNonNull(checkpoint.tensors().get(name)).type())
            .anyMatch(type -> !type.isFloating() || type.torchType() == own.torchType());
    if (PackedLayers.pack(weights) || device.cuda() || !inPlace) {
      checkpoint.close();
    }
    return weights;
  }

  /** Frees all parts. */
  @Override
  public void close() {
    resources.close();
  }
}
