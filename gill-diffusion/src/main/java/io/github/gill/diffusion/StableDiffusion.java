package io.github.gill.diffusion;

import io.github.gill.DiffusionSettings;
import io.github.gill.GillException;
import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.ModelFileException;
import io.github.gill.SchedulerKind;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.diffusion.scheduler.Scheduler;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Program;
import io.github.gill.spi.GenerationConfig;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Progress;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stable Diffusion 1.x and 2.x (Rombach et al. 2022): pictures from a conditioning, a prompt or
 * another picture.
 *
 * <p>The same request gives the same pictures on the same device and precision, and on the CPU in
 * fp32 those of the reference. Noise comes from a CPU generator on every device. Called by one
 * thread at a time.
 */
public final class StableDiffusion implements ImageGenerator {

  /** How many pictures the original draws at once. */
  private static final int BATCH = 8;

  private final Components parts;
  private final Limits limits;
  private final Program noiseProgram;
  private final double guidance;
  private boolean closed;

  private StableDiffusion(Components parts, Limits limits) {
    this.parts = parts;
    this.limits = limits;
    this.guidance = GenerationConfig.guidance(parts.folder());
    this.noiseProgram = Program.load(StableDiffusion.class, "noise.py");
  }

  /**
   * Loads a model.
   *
   * @param folder laid out as diffusers saves its pipelines
   * @param device where its networks run
   * @param precision of the text encoder and the UNet, and of the VAE unless its configuration says
   *     {@code force_upcast}
   * @param limits what requests may ask for
   * @return the generator, which the caller closes
   * @throws ModelFileException if files or tensors are missing or do not fit
   */
  public static StableDiffusion open(
      Path folder, ComputeDevice device, Precision precision, Limits limits) {
    return open(folder, device, precision, /* asStored= */ false, limits);
  }

  /**
   * Loads a model, in less memory if need be.
   *
   * @param folder laid out as diffusers saves its pipelines
   * @param device where its networks run
   * @param precision as {@link #open(Path, ComputeDevice, Precision, Limits)}
   * @param asStored whether the UNet's weights stay in their file's type and are widened as they
   *     are used: slower, the same pictures
   * @param limits what requests may ask for
   * @return the generator, which the caller closes
   * @throws ModelFileException if files or tensors are missing or do not fit
   */
  public static StableDiffusion open(
      Path folder, ComputeDevice device, Precision precision, boolean asStored, Limits limits) {
    Components parts = Components.open(folder, device, precision, asStored);
    try {
      return new StableDiffusion(parts, limits);
    } catch (RuntimeException | Error e) {
      parts.close();
      throw e;
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws UnsupportedRequestException if the request needs a part that the model lacks, or the
   *     settings do not fit the model
   * @throws LimitException if the request goes over a limit
   * @throws IllegalStateException if the generator is closed
   */
  @Override
  public List<Picture> generate(Request request, Progress progress) {
    return draw(List.of(request), progress);
  }

  /**
   * {@inheritDoc} Requests without an initial picture whose settings differ in nothing but the seed
   * are drawn as one batch of at most 8 pictures.
   *
   * @throws UnsupportedRequestException if a request needs a part that the model lacks, or the
   *     settings do not fit the model
   * @throws LimitException if a request goes over a limit
   * @throws IllegalStateException if the generator is closed
   */
  @Override
  public List<List<Picture>> generateAll(List<Request> requests, Progress progress) {
    List<List<Picture>> all = new ArrayList<>();
    int first = 0;
    while (first < requests.size()) {
      Request leader = requests.get(first);
      int pictures = leader.count();
      int last = first + 1;
      while (last < requests.size()
          && pictures + requests.get(last).count() <= BATCH
          && alike(leader, requests.get(last))) {
        pictures += requests.get(last++).count();
      }
      List<Picture> drawn = draw(requests.subList(first, last), progress);
      int at = 0;
      for (Request request : requests.subList(first, last)) {
        all.add(drawn.subList(at, at += request.count()));
      }
      first = last;
    }
    return all;
  }

  private static boolean alike(Request a, Request b) {
    return a.initialImage() == null
        && b.initialImage() == null
        && a.settings().equals(b.settings().toBuilder().seed(a.settings().seed()).build());
  }

  /** Draws one request, or several that are alike and fit one batch. */
  private List<Picture> draw(List<Request> requests, Progress progress) {
    if (closed) {
      throw new IllegalStateException("the image generator is closed");
    }
    DiffusionSettings settings = requests.get(0).settings();
    @Nullable BufferedImage initialImage = requests.get(0).initialImage();
    requests.forEach(this::checkLimits);
    Canvas canvas =
        Canvas.of(
            settings,
            initialImage,
            defaultSize(),
            parts.vae().config().factor(),
            limits.pictureSide());
    int firstStep = canvas.initial() == null ? 0 : firstStep(settings);
    List<Matrix> positive = new ArrayList<>();
    for (Request request : requests) {
      positive.addAll(Collections.nCopies(request.count(), conditioning(request.source())));
    }
    @Nullable Matrix negative =
        guidance(settings) > 1 ? textEncoder().encode(settings.negativePrompt()) : null;
    Vae.@Nullable Posterior initial =
        canvas.initial() == null ? null : encode(canvas.initial(), progress);
    List<Picture> pictures = new ArrayList<>();
    try (Noise.Joined noise = new Noise.Joined()) {
      for (Request request : requests) {
        GaussianNoise own = new GaussianNoise(noiseProgram, request.settings().seed());
        noise.add(own, request.count());
        for (int left = request.earlier(); left > 0; left -= BATCH) {
          denoising(settings, canvas, own, Math.min(BATCH, left)).skip(initial, firstStep);
        }
      }
      while (pictures.size() < positive.size()) {
        int batch = Math.min(BATCH, positive.size() - pictures.size());
        Denoising denoising = denoising(settings, canvas, noise, batch);
        float[] latents =
            initial == null ? denoising.pureNoise() : denoising.buried(initial, firstStep);
        boolean traced = progress.tracing() && pictures.isEmpty();
        @Nullable List<float[]> trace = traced ? new ArrayList<>() : null;
        List<Matrix> conditioning =
            batch(negative, positive.subList(pictures.size(), pictures.size() + batch));
        latents = denoising.run(latents, firstStep, conditioning, progress, trace);
        if (trace != null) {
          report(trace, canvas, progress);
        }
        for (float[] one : denoising.pictures(latents)) {
          progress.check();
          pictures.add(picture(one, canvas, settings, progress));
        }
      }
    }
    return pictures;
  }

  private Denoising denoising(
      DiffusionSettings settings, Canvas canvas, Noise noise, int pictures) {
    @Nullable SchedulerKind wanted = settings.scheduler();
    SchedulerKind kind = wanted == null ? parts.schedulers().kind() : wanted;
    Scheduler scheduler = parts.schedulers().create(kind, settings.steps());
    return new Denoising(
        parts.unet(),
        parts.vae(),
        scheduler,
        noise,
        guidance(settings),
        pictures,
        parts.unet().config().latentChannels(),
        canvas.height(),
        canvas.width());
  }

  private void checkLimits(Request request) {
    if (request.settings().steps() > limits.steps()) {
      throw new LimitException(
          "%d denoising steps are over the limit of %d; use fewer or raise Limits.steps"
              .formatted(request.settings().steps(), limits.steps()));
    }
    if (request.count() > limits.pictures()) {
      throw new LimitException(
          "%d pictures are over the limit of %d; use fewer or raise Limits.pictures"
              .formatted(request.count(), limits.pictures()));
    }
  }

  private double guidance(DiffusionSettings settings) {
    Double wanted = settings.guidance();
    return wanted == null ? guidance : wanted;
  }

  /** The later a run starts, the more of the initial picture stays. */
  private static int firstStep(DiffusionSettings settings) {
    int taken = (int) (settings.steps() * settings.strength());
    if (taken < 1) {
      throw new UnsupportedRequestException(
          "strength %s of %d steps leaves no step to take; use a strength of at least %s or more steps"
              .formatted(settings.strength(), settings.steps(), (float) (1.0 / settings.steps())));
    }
    return settings.steps() - taken;
  }

  private Vae.Posterior encode(BufferedImage image, Progress progress) {
    return parts.vae().encode(Pixels.of(image), image.getHeight(), image.getWidth(), progress);
  }

  private Matrix conditioning(Source source) {
    if (source instanceof Text text) {
      return textEncoder().encode(text.prompt());
    }
    Matrix states = ((Conditioning) source).states();
    int tokens = parts.sizes().conditioningTokens(states.rows(), states.columns());
    int size = parts.unet().config().conditioningSize();
    return new Matrix(tokens, size, Arrays.copyOf(states.values(), tokens * size));
  }

  private TextEncoder textEncoder() {
    @Nullable TextEncoder encoder = parts.textEncoder();
    if (encoder == null) {
      throw new UnsupportedRequestException(
          parts.folder().resolve("text_encoder/config.json")
              + " is missing; prompts and guidance above 1 need the diffusion model's text"
              + " encoder");
    }
    return encoder;
  }

  /** The network's batch: unconditional entries first, none without guidance. */
  private static List<Matrix> batch(@Nullable Matrix negative, List<Matrix> positive) {
    List<Matrix> batch = new ArrayList<>();
    if (negative != null) {
      batch.addAll(Collections.nCopies(positive.size(), negative));
    }
    batch.addAll(positive);
    return batch;
  }

  private void report(List<float[]> trace, Canvas canvas, Progress progress) {
    int size = trace.get(0).length;
    float[] all = new float[trace.size() * size];
    for (int i = 0; i < trace.size(); i++) {
      System.arraycopy(trace.get(i), 0, all, i * size, size);
    }
    int channels = parts.unet().config().latentChannels();
    progress.trace("latents", all, trace.size(), channels, canvas.height(), canvas.width());
  }

  private Picture picture(
      float[] latents, Canvas canvas, DiffusionSettings settings, Progress progress) {
    BufferedImage image = parts.vae().decode(latents, canvas.height(), canvas.width(), progress);
    @Nullable SafetyChecker checker = parts.safetyChecker();
    return new Picture(image, settings.safetyChecker() && checker != null && checker.flags(image));
  }

  @Override
  public int defaultSize() {
    return parts.unet().config().latentSide() * parts.vae().config().factor();
  }

  /**
   * Frees the weights. Does nothing the second time.
   *
   * @throws GillException if a part could not be freed; the others are
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      noiseProgram.close();
      parts.close();
    }
  }
}
