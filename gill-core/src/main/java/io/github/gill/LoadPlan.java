package io.github.gill;

import io.github.gill.checkpoint.DownloadListener;
import io.github.gill.checkpoint.HubCache;
import io.github.gill.checkpoint.HubDownloader;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.memory.AvailableMemory;
import io.github.gill.memory.MemoryPlan;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.spi.PartReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the parts of a model come from and go to, and whether they fit.
 *
 * @param folder where they come from
 * @param wanted where they go if memory allows
 * @param mayQuantize whether the language model may be quantized where memory asks for it
 * @param memoryBudget bytes on the CPU, or {@link Long#MAX_VALUE} for what the machine has
 * @param limits what requests may ask for
 * @param network what may be fetched
 */
record LoadPlan(
    ModelFolder folder,
    Placement wanted,
    boolean mayQuantize,
    long memoryBudget,
    Limits limits,
    NetworkPolicy network) {

  private static final Logger LOG = LoggerFactory.getLogger(LoadPlan.class);

  /**
   * Finds a model's folder, extracting the bundled model if none is named.
   *
   * @param model the folder, or null for the bundled model
   * @param downloads watches, or null to forbid downloads
   */
  static ModelFolder folder(
      @Nullable Path model,
      @Nullable Path languageModel,
      @Nullable Path vision,
      @Nullable Path diffusion,
      @Nullable DownloadListener downloads) {
    Path root = model == null ? BundledModel.byDefault().extract() : model;
    HubCache cache = HubCache.fromEnvironment();
    ModelFolder.Downloads fetching =
        downloads == null ? null : manifest -> download(cache, manifest, downloads);
    return new ModelFolder(root, languageModel, vision, diffusion, cache, fetching);
  }

  private static Path download(HubCache cache, ModelManifest manifest, DownloadListener listener) {
    LOG.info(
        "downloading {}, about {} GB, licence: {}",
        manifest.repository(),
        manifest.gigabytes(),
        manifest.licence());
    String token = System.getenv("HF_TOKEN");
    return new HubDownloader(cache, HubDownloader.HUB, token)
        .download(manifest.repository(), "main", manifest.files(), listener);
  }

  /**
   * Fills in what a caller left open, from the devices there are.
   *
   * @throws IllegalArgumentException if a device is not there
   */
  static Placement placement(
      @Nullable ComputeDevice device,
      @Nullable ComputeDevice diffusionDevice,
      @Nullable Precision precision,
      @Nullable Precision diffusionPrecision,
      @Nullable Quantization quantization) {
    ComputeDevice language = device == null ? CudaDevices.best() : CudaDevices.require(device);
    ComputeDevice drawing =
        diffusionDevice == null ? language : CudaDevices.require(diffusionDevice);
    Precision languagePrecision =
        precision != null ? precision : CudaDevices.languagePrecision(language);
    boolean alike = drawing.cuda() == language.cuda(); // what suits one is slow on the other
    Precision drawingPrecision =
        diffusionPrecision != null
            ? diffusionPrecision
            : precision != null && alike ? precision : CudaDevices.diffusionPrecision(drawing);
    return new Placement(
        language,
        languagePrecision,
        quantization == null ? Quantization.NONE : quantization,
        drawing,
        drawingPrecision,
        /* diffusionAsStored= */ false);
  }

  /**
   * Chooses what is loaded.
   *
   * @return the wanted placement, or one that takes less memory if that does not fit
   * @throws InsufficientMemoryException if nothing fits
   */
  Placement require() {
    if (ample()) {
      return wanted;
    }
    MemoryPlanner.Choice choice = choose();
    MemoryPlanner.require(choice, this::measure);
    return choice.placement();
  }

  /** Whether there is so much memory on the CPU that a plan would only take time. */
  private boolean ample() {
    return !wanted.language().cuda()
        && !wanted.diffusion().cuda()
        && folder.bytes() < available(ComputeDevice.CPU).orElse(Long.MAX_VALUE) / 4 - (1L << 30);
  }

  private MemoryPlanner.Choice choose() {
    return MemoryPlanner.choose(wanted, mayQuantize, this::measure);
  }

  private MemoryPlan measure(Placement placed) {
    return MemoryPlan.of(
        placed.settings(),
        ModelInspection.inspect(folder, placed, limits, network),
        this::available);
  }

  /** A budget stands for what the machine has; where nothing is said, everything fits. */
  private OptionalLong available(ComputeDevice device) {
    return device.cuda() || memoryBudget == Long.MAX_VALUE
        ? AvailableMemory.on(device)
        : OptionalLong.of(memoryBudget);
  }

  /** Looks at every part as it would be loaded if memory allowed. */
  List<PartReport> inspect() {
    return withSmallFiles(ModelInspection.inspect(folder, wanted, limits, network));
  }

  /** Says what would be loaded and what that takes. */
  MemoryPlan plan() {
    MemoryPlan plan = choose().plan();
    return new MemoryPlan(plan.settings(), withSmallFiles(plan.parts()), plan.devices());
  }

  /** Looks once at what does not depend on a placement. */
  private List<PartReport> withSmallFiles(List<PartReport> parts) {
    List<PartReport> all = new ArrayList<>(parts);
    all.addAll(ModelInspection.check(folder, wanted));
    return all;
  }
}
