package io.github.gill;

import io.github.gill.checkpoint.DownloadListener;
import io.github.gill.memory.MemoryPlan;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.NativeMemory;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Torch;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Metrics;
import io.github.gill.spi.PartReport;
import io.github.gill.spi.Retriever;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A multimodal language model: pictures and text in any order in, text with found and newly
 * generated pictures out (Koh, Fried and Salakhutdinov, NeurIPS 2023).
 *
 * <pre>{@code
 * try (Gill gill = Gill.load(Path.of("gill-opt"))) {
 *   Prompt prompt = Prompt.builder().image(Path.of("cake.jpg")).text("How do I bake this?").build();
 *   Answer answer = gill.answer(prompt);
 *   System.out.println(answer.text());
 * }
 * }</pre>
 *
 * <p>Thread-safe: requests from any number of threads wait in one fair queue with a bound and are
 * answered one after the other. The same prompt, settings and seeds give the same answer on the
 * same device and precision, whatever else runs. Close it to give its memory back.
 */
public final class Gill implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Gill.class);

  /** How many prompts are in work at once. */
  private static final int TOGETHER = 8;

  private final ModelParts parts;
  private final AnswerLoop loop;
  private final RequestQueue queue;
  private final SessionCaches sessions;
  private final RequestMetrics metrics;
  private final Duration loadTime;

  private Gill(Builder builder) {
    long started = System.nanoTime();
    LoadPlan plan = builder.loadPlan();
    Placement placement = plan.require();
    LOG.info(
        "libtorch {}, language model on {} in {}, quantization {}, diffusion on {} in {}",
        Torch.version(),
        placement.language(),
        placement.languagePrecision(),
        placement.quantization(),
        placement.diffusion(),
        placement.diffusionPrecision());
    parts = ModelParts.load(plan.folder(), placement, builder.limits, builder.network);
    loop = new AnswerLoop(parts);
    queue = new RequestQueue(builder.queueCapacity);
    sessions = new SessionCaches(builder.sessionMemory);
    // Files were converted and reordered; what that took is free now.
    NativeMemory.trim();
    Torch.releaseDeviceCache();
    metrics = new RequestMetrics(builder.metrics, queue::waiting);
    loadTime = Duration.ofNanos(System.nanoTime() - started);
    LOG.info("{} is loaded in {} ms", plan.folder().root(), loadTime.toMillis());
  }

  /**
   * Loads a model with the default settings.
   *
   * @param model a folder in the official layout
   * @return the engine, which the caller closes
   * @throws ModelFileException if files are missing, damaged or do not fit each other
   * @throws InsufficientMemoryException if it does not fit the memory there is
   * @throws EngineFailureException if the native engine does not start
   */
  public static Gill load(Path model) {
    return builder().model(model).build();
  }

  /**
   * Starts from the default settings.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Answers a prompt with the default settings.
   *
   * @param prompt pictures and text
   * @return the answer
   * @throws GillException as {@link #answer(Prompt, AnswerSettings)}
   */
  public Answer answer(Prompt prompt) {
    return answer(prompt, AnswerSettings.DEFAULTS);
  }

  /**
   * Answers a prompt and waits for the answer. Interrupting the thread cancels the request.
   *
   * @param prompt pictures and text
   * @param settings how to answer
   * @return the answer
   * @throws BusyException if too many requests are waiting
   * @throws LimitException if the request goes over a limit; nothing was started then
   * @throws UnsupportedRequestException if the model has no part for what is asked
   * @throws AnswerCancelledException if the waiting thread was interrupted or the engine closed
   * @throws AnswerTimeoutException if it took longer than the settings allow
   * @throws InsufficientMemoryException if memory ran out, in the JVM or on a device; the engine
   *     goes on
   * @throws ModelFileException if a file of the model was changed after it was loaded
   * @throws EngineFailureException if the native engine failed
   * @throws IllegalStateException if this engine is closed, or a listener calls this
   */
  public Answer answer(Prompt prompt, AnswerSettings settings) {
    return submit(prompt, settings, event -> {}).join();
  }

  /**
   * Answers several prompts as one request, in less time than one after the other: the language
   * model reads its weights once for the next tokens of all, and pictures are denoised as a batch.
   *
   * <p>Each answer is the one that {@link #answer(Prompt, AnswerSettings)} gives, from the same
   * seeds: sequences are not padded, and each keeps its own positions, cache and random streams.
   * Only the order of summation inside matrix products may differ with the size of the batch, by
   * about 1e-6 of a logit's size in fp32 and one grey level of a picture; a choice between two
   * tokens closer than that may fall otherwise. Quantized weights differ by more, since activations
   * are rounded by the largest of the batch. At most 8 prompts are in work at once.
   *
   * @param prompts pictures and text of each
   * @param settings how to answer, for all; the timings of an answer contain those of its batch
   * @return an answer to each prompt, in order
   * @throws GillException as {@link #answer(Prompt, AnswerSettings)}, if any prompt cannot be
   *     answered
   */
  public List<Answer> answerAll(List<Prompt> prompts, AnswerSettings settings) {
    List<Prompt> waiting = List.copyOf(prompts);
    List<Answer> answers = new ArrayList<>();
    submit(
            settings,
            event -> {},
            null,
            progress -> {
              for (int i = 0; i < waiting.size(); i += TOGETHER) {
                int end = Math.min(i + TOGETHER, waiting.size());
                answers.addAll(loop.answerAll(waiting.subList(i, end), settings, progress));
              }
              return AnswerLoop.NO_ANSWER;
            },
            done -> answers.stream().map(RequestMetrics::kind).toList())
        .join();
    return List.copyOf(answers);
  }

  /**
   * Queues a prompt and tells a listener what happens.
   *
   * @param prompt pictures and text
   * @param settings how to answer
   * @param listener called from the engine's thread as things happen, so it must be quick; what it
   *     throws ends the request
   * @return the request on its way
   * @throws BusyException if too many requests are waiting
   * @throws IllegalStateException if this engine is closed
   */
  public PendingAnswer submit(
      Prompt prompt, AnswerSettings settings, Consumer<AnswerEvent> listener) {
    return submit(prompt, settings, listener, null);
  }

  /**
   * Queues a prompt and records intermediate tensors.
   *
   * @param prompt pictures and text
   * @param settings how to answer
   * @param listener called from the engine's thread as things happen
   * @param trace receives tensors, or null
   * @return the request on its way
   * @throws BusyException if too many requests are waiting
   * @throws IllegalStateException if this engine is closed
   */
  public PendingAnswer submit(
      Prompt prompt,
      AnswerSettings settings,
      Consumer<AnswerEvent> listener,
      @Nullable Trace trace) {
    return submit(settings, listener, trace, progress -> loop.answer(prompt, settings, progress));
  }

  /** Queues a turn of a session. */
  PendingAnswer submit(
      GillSession session, Prompt turn, AnswerSettings settings, Consumer<AnswerEvent> listener) {
    return submit(
        settings,
        listener,
        null,
        progress -> {
          Answer answer = session.run(loop, turn, settings, progress);
          sessions.used(session);
          return answer;
        });
  }

  private PendingAnswer submit(
      AnswerSettings settings,
      Consumer<AnswerEvent> listener,
      @Nullable Trace trace,
      Function<RequestProgress, Answer> work) {
    return submit(settings, listener, trace, work, answer -> List.of(RequestMetrics.kind(answer)));
  }

  private PendingAnswer submit(
      AnswerSettings settings,
      Consumer<AnswerEvent> listener,
      @Nullable Trace trace,
      Function<RequestProgress, Answer> work,
      Function<Answer, List<Metrics.Kind>> kinds) {
    long arrived = System.nanoTime();
    PendingAnswer pending =
        new PendingAnswer(
            (answer, failure) -> {
              long passed = System.nanoTime() - arrived;
              if (failure != null) {
                metrics.failed(failure, passed);
              } else if (answer != null) {
                metrics.answered(kinds.apply(answer), passed);
              }
            },
            queue::isOwnThread);
    RequestProgress progress = new RequestProgress(pending, settings, listener, trace, metrics);
    try {
      queue.submit(
          () -> {
            if (pending.begin()) {
              finish(pending, () -> work.apply(progress));
            }
          },
          pending);
    } catch (BusyException e) {
      metrics.failed(e, System.nanoTime() - arrived);
      throw e;
    }
    if (settings.timeout() != null) {
      pending.limit(settings.timeout());
    }
    return pending;
  }

  /**
   * Answers a prompt as a stream of events. Each subscription is a request of its own; cancelling
   * it cancels the request as {@link PendingAnswer#cancel} does.
   *
   * <p>Events wait for a slow subscriber, never the engine for it: a subscriber that is 8,192
   * events behind fails with {@link AnswerCancelledException}, and its request ends. Within the
   * default limits no answer has so many.
   *
   * @param prompt pictures and text
   * @param settings how to answer
   * @return a publisher whose last event is {@link AnswerEvent.Finished}; it fails with a {@link
   *     GillException} as {@link #answer(Prompt, AnswerSettings)} does
   */
  public Flow.Publisher<AnswerEvent> publish(Prompt prompt, AnswerSettings settings) {
    return new AnswerPublisher(listener -> submit(prompt, settings, listener));
  }

  /**
   * Queues one picture of an earlier answer to be found or drawn again: the other decision, another
   * seed, a refinement of an initial image. The language model does not run.
   *
   * @param image the picture, with its {@link AnswerPart.Image#states}
   * @param settings how to find or draw it; what concerns words is not used
   * @param listener called from the engine's thread as things happen; the picture is slot 0
   * @return the request on its way, whose answer is one {@link AnswerPart.Image}
   * @throws IllegalArgumentException if the picture has no states, or those of another model
   * @throws BusyException if too many requests are waiting
   * @throws IllegalStateException if this engine is closed
   */
  public PendingAnswer redraw(
      AnswerPart.Image image, AnswerSettings settings, Consumer<AnswerEvent> listener) {
    Matrix states = image.states();
    if (states == null) {
      throw new IllegalArgumentException("the picture's states were not kept; ask again for it");
    }
    Matrix own = parts.languageModel().imageEmbeddings();
    if (states.rows() != own.rows() || states.columns() != own.columns()) {
      throw new IllegalArgumentException(
          "the picture's states are %d × %d, this model's are %d × %d; ask this model for a picture"
              .formatted(states.rows(), states.columns(), own.rows(), own.columns()));
    }
    return submit(settings, listener, null, progress -> loop.redraw(states, settings, progress));
  }

  /**
   * Reads a candidate's picture, for those that an answer lists without one. Does not wait in the
   * queue.
   *
   * @param candidate a candidate of this model
   * @return the picture
   * @throws RetrievalException if it is gone, refused, too large or no picture
   * @throws UnsupportedRequestException if the model has no candidates
   */
  public BufferedImage fetch(AnswerPart.Retrieved candidate) {
    if (candidate.image() != null) {
      return candidate.image();
    }
    return parts
        .requireRetriever()
        .fetch(new Retriever.Candidate(candidate.index(), candidate.path(), candidate.score()));
  }

  /**
   * Draws pictures from text alone with the model's image generator: the Stable Diffusion baseline.
   * Waits in the same queue as answers.
   *
   * @param text what to draw
   * @param settings how to draw it
   * @param initialImage a picture to start from, or null for pure noise
   * @param count how many pictures, 1 to {@link Limits#pictures()}
   * @return the pictures in the order of their noise, flagged ones withheld unless the settings
   *     turn the safety checker off
   * @throws GillException as {@link #answer(Prompt, AnswerSettings)}
   */
  public List<AnswerPart.Generated> draw(
      String text, DiffusionSettings settings, @Nullable PromptPart initialImage, int count) {
    List<AnswerPart.Generated> pictures = new ArrayList<>();
    submit(
            AnswerSettings.DEFAULTS,
            event -> {},
            null,
            progress -> {
              pictures.addAll(loop.draw(text, settings, initialImage, count, progress));
              return AnswerLoop.NO_ANSWER;
            },
            done -> List.of(Metrics.Kind.GENERATED))
        .join();
    return List.copyOf(pictures);
  }

  /**
   * The guidance scale of pictures whose settings name none.
   *
   * @return {@code guidance_scale} of the diffusion model's {@code generation_config.json}, else
   *     7.5 as in the original
   */
  public double guidance() {
    return parts.guidance();
  }

  /**
   * Starts a conversation.
   *
   * @return a session without history, which the caller closes
   */
  public GillSession newSession() {
    return newSession(List.of());
  }

  /**
   * Continues a conversation that was kept elsewhere, or one edited. Its history is read at the
   * first turn.
   *
   * @param exchanges for each exchange its parts, turn and answer, as {@link GillSession#history}
   *     lists them
   * @return a session with that history, which the caller closes
   */
  public GillSession newSession(List<List<PromptPart>> exchanges) {
    Conversation conversation = new Conversation(parts.languageModel());
    List<Integer> marks = new ArrayList<>();
    for (List<PromptPart> exchange : exchanges) {
      marks.add(conversation.parts().size());
      conversation.read(exchange);
    }
    return adopt(conversation, marks);
  }

  GillSession adopt(Conversation conversation, List<Integer> marks) {
    GillSession session = new GillSession(this, conversation, marks);
    sessions.used(session);
    return session;
  }

  void forget(GillSession session) {
    sessions.forget(session);
  }

  private void finish(PendingAnswer pending, Supplier<Answer> work) {
    try {
      pending.complete(work.get());
    } catch (OutOfMemoryError e) {
      pending.fail(
          new InsufficientMemoryException(
              "the JVM has no memory left (" + e.getMessage() + "); ask for less or raise -Xmx",
              e));
    } catch (RuntimeException | Error e) {
      pending.fail(reason(e));
    }
  }

  /** What ended a request, in terms of its caller. */
  private Throwable reason(Throwable failure) {
    if (queue.isClosed() && !(failure instanceof AnswerCancelledException)) {
      // Closing interrupts the work, which may notice it while it reads a file.
      return new AnswerCancelledException("the engine was closed while the request ran", failure);
    }
    if (failure instanceof InternalError
        && String.valueOf(failure.getMessage()).contains("unsafe memory access")) {
      // What the JVM makes of a mapped file that lost its end.
      return new ModelFileException(
          "a model file was shortened while it was read; restore it and load the model again",
          failure);
    }
    return failure;
  }

  /**
   * Returns how many requests wait behind the one that runs.
   *
   * @return a count for monitoring, already old when it arrives
   */
  public int waiting() {
    return queue.waiting();
  }

  /**
   * Returns how long loading took.
   *
   * @return the time from {@link Builder#build} to readiness
   */
  public Duration loadTime() {
    return loadTime;
  }

  /**
   * Ends waiting and running requests with {@link AnswerCancelledException}, waits until nothing
   * runs, frees everything and gives the memory back to the system. Does nothing the second time.
   *
   * @throws IllegalStateException if a listener calls this, whose thread it would wait for
   */
  @Override
  public void close() {
    queue.close();
    synchronized (parts) {
      sessions.close();
      metrics.close();
      try {
        parts.close();
      } finally {
        NativeMemory.trim();
        Torch.releaseDeviceCache();
      }
    }
  }

  /** Collects an engine's settings; every method is named after the setting. */
  public static final class Builder {
    private @Nullable Path model;
    private @Nullable Path languageModel;
    private @Nullable Path vision;
    private @Nullable Path diffusion;
    private @Nullable ComputeDevice device;
    private @Nullable ComputeDevice diffusionDevice;
    private @Nullable Precision precision;
    private @Nullable Precision diffusionPrecision;
    private @Nullable Quantization quantization;
    private long memoryBudget = Long.MAX_VALUE;
    private @Nullable DownloadListener downloads;
    private Limits limits = Limits.DEFAULTS;
    private NetworkPolicy network = NetworkPolicy.OFFLINE;
    private int queueCapacity = 64;
    private long sessionMemory = 1L << 30;
    private Metrics metrics = Metrics.NONE;

    private Builder() {}

    /**
     * Sets the model folder.
     *
     * @param model a folder in the official layout, or null for the model that ships as {@code
     *     gill-models}, extracted once into {@code ~/.cache/gill}
     * @return this builder
     */
    public Builder model(@Nullable Path model) {
      this.model = model;
      return this;
    }

    /**
     * Sets the language model's folder.
     *
     * @param languageModel a folder as on the hub; by default {@code lm/} in the model folder, then
     *     the Hugging Face cache
     * @return this builder
     */
    public Builder languageModel(Path languageModel) {
      this.languageModel = languageModel;
      return this;
    }

    /**
     * Sets the image encoder's folder.
     *
     * @param vision a folder as on the hub; by default {@code vision/} in the model folder, then
     *     the Hugging Face cache
     * @return this builder
     */
    public Builder vision(Path vision) {
      this.vision = vision;
      return this;
    }

    /**
     * Sets the diffusion model's folder.
     *
     * @param diffusion a folder as on the hub; by default {@code diffusion/} in the model folder,
     *     then the Hugging Face cache
     * @return this builder
     */
    public Builder diffusion(Path diffusion) {
      this.diffusion = diffusion;
      return this;
    }

    /**
     * Sets the device of all parts. The keys of candidates are scanned there too, in fp16.
     *
     * @param device a device, or null for CUDA where libtorch can use it, else the CPU
     * @return this builder
     */
    public Builder device(@Nullable ComputeDevice device) {
      this.device = device;
      return this;
    }

    /**
     * Sets the device of the image generator and of the mapper before it. With {@code
     * device(ComputeDevice.cuda(0)).diffusionDevice(ComputeDevice.cuda(1))} two devices share a
     * model that neither holds alone; what goes from one to the other is a matrix of conditioning.
     *
     * @param diffusionDevice a device, or null for that of the other parts
     * @return this builder
     */
    public Builder diffusionDevice(@Nullable ComputeDevice diffusionDevice) {
      this.diffusionDevice = diffusionDevice;
      return this;
    }

    /**
     * Sets the precision of all parts. An image generator on the CPU beside others on CUDA, or the
     * other way round, keeps its own default.
     *
     * @param precision a precision, or null for fp32 on the CPU; on CUDA bf16 for the language
     *     model where the chip has it, else fp16, and fp16 for diffusion
     * @return this builder
     */
    public Builder precision(@Nullable Precision precision) {
      this.precision = precision;
      return this;
    }

    /**
     * Sets the precision of the image generator.
     *
     * @param diffusionPrecision a precision, or null for that of the other parts or its default
     * @return this builder
     */
    public Builder diffusionPrecision(@Nullable Precision diffusionPrecision) {
      this.diffusionPrecision = diffusionPrecision;
      return this;
    }

    /**
     * Sets how the language model's linear layers are kept.
     *
     * @param quantization a quantization, or null, as by default, for the checkpoint's own numbers
     *     where memory allows them, else 8 or 4 bits, with a warning
     * @return this builder
     */
    public Builder quantization(@Nullable Quantization quantization) {
      this.quantization = quantization;
      return this;
    }

    /**
     * Sets how much memory the process may take on the CPU.
     *
     * @param bytes at least 1; by default what the machine and its control groups have available
     * @return this builder
     */
    public Builder memoryBudget(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("memoryBudget is " + bytes + "; use 1 or more bytes");
      }
      this.memoryBudget = bytes;
      return this;
    }

    /**
     * Allows parts that are nowhere on this machine to be downloaded from the Hugging Face hub into
     * its usual cache. Nothing is downloaded otherwise.
     *
     * @param downloads watches, or null to forbid downloads, as by default
     * @return this builder
     */
    public Builder downloads(@Nullable DownloadListener downloads) {
      this.downloads = downloads;
      return this;
    }

    /**
     * Sets what requests may ask for.
     *
     * @param limits the limits; {@link Limits#DEFAULTS} by default
     * @return this builder
     */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /**
     * Sets what may be fetched from the network.
     *
     * @param network the policy; {@link NetworkPolicy#OFFLINE} by default
     * @return this builder
     */
    public Builder network(NetworkPolicy network) {
      this.network = network;
      return this;
    }

    /**
     * Sets how many requests may wait.
     *
     * @param queueCapacity 1 to 10000; 64 by default
     * @return this builder
     */
    public Builder queueCapacity(int queueCapacity) {
      if (queueCapacity < 1 || queueCapacity > 10_000) {
        throw new IllegalArgumentException(
            "queueCapacity is " + queueCapacity + "; use 1 to 10000");
      }
      this.queueCapacity = queueCapacity;
      return this;
    }

    /**
     * Sets how much memory the caches of all sessions may take together.
     *
     * @param bytes 0 or more; 1 GiB by default, which is one conversation of 2,000 tokens of the
     *     real model, or hundreds of the bundled one
     * @return this builder
     */
    public Builder sessionMemory(long bytes) {
      if (bytes < 0) {
        throw new IllegalArgumentException("sessionMemory is " + bytes + "; use 0 or more");
      }
      this.sessionMemory = bytes;
      return this;
    }

    /**
     * Sets who is told what the engine does, for monitoring.
     *
     * @param metrics thread-safe and quick; {@link Metrics#NONE} by default
     * @return this builder
     */
    public Builder metrics(Metrics metrics) {
      this.metrics = metrics;
      return this;
    }

    /**
     * Loads the model.
     *
     * @return the engine, which the caller closes
     * @throws IllegalArgumentException if a device is not there
     * @throws ModelFileException if files are missing, damaged or do not fit each other
     * @throws UnsupportedRequestException if quantized weights are wanted where they cannot be
     * @throws InsufficientMemoryException if it does not fit the memory there is, whatever is
     *     chosen
     * @throws EngineFailureException if the native engine does not start
     */
    public Gill build() {
      return new Gill(this);
    }

    /**
     * Looks at what {@link #build} would load, without loading it.
     *
     * @return a report for each part; those with a problem keep the model from running
     * @throws IllegalArgumentException if a device is not there
     * @throws ModelFileException if the folder is no model folder at all
     */
    public List<PartReport> inspect() {
      return loadPlan().inspect();
    }

    /**
     * Says what {@link #build} would load where and what that takes, without loading it.
     *
     * @return the plan that building follows; building fails where it does not fit
     * @throws IllegalArgumentException if a device is not there
     * @throws ModelFileException if the folder is no model folder at all
     */
    public MemoryPlan plan() {
      return loadPlan().plan();
    }

    private LoadPlan loadPlan() {
      return new LoadPlan(
          LoadPlan.folder(model, languageModel, vision, diffusion, downloads),
          LoadPlan.placement(device, diffusionDevice, precision, diffusionPrecision, quantization),
          quantization == null,
          memoryBudget,
          limits,
          network);
    }
  }
}
