package io.github.gill;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.language.LanguageModel;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.language.OptTokenizer;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.ConditioningMapper;
import io.github.gill.spi.GenerationConfig;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.Retriever;
import io.github.gill.vision.ClipVision;
import io.github.gill.vision.ClipVisionConfig;
import io.github.gill.vision.ImagePreprocessor;
import io.github.gill.vision.VisualPrefix;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** A loaded model: every part that the folder and the class path have. */
final class ModelParts implements AutoCloseable {

  static final String IMAGE_ROWS = "input_embeddings.weight";

  private final Closer closer = new Closer();
  private final ModelFolder folder;
  private final ModelArgs args;
  private final Limits limits;
  private final OptTokenizer tokenizer;
  private final LanguageModel languageModel;
  private final ClipVision vision;
  private final ImagePreprocessor preprocessor;
  private final VisualPrefix prefix;
  private final @Nullable ConditioningMapper mapper;
  private final @Nullable Retriever retriever;
  private final ModelContext generatorContext;
  private final ImageGenerator.@Nullable Provider generatorProvider;
  private @Nullable ImageGenerator generator;

  /**
   * Loads a model.
   *
   * @throws GillException as the part that does not load says; nothing stays open then
   */
  static ModelParts load(
      ModelFolder folder, Placement placement, Limits limits, NetworkPolicy network) {
    // In threads that end: libgomp counts those of every thread that has computed and still lives,
    // and once there are more of them than processors, they sleep between any two operations.
    return await(
        CompletableFuture.supplyAsync(
            () -> new ModelParts(folder, placement, limits, network), ModelParts::inThread));
  }

  private ModelParts(
      ModelFolder folder, Placement placement, Limits limits, NetworkPolicy network) {
    this.folder = folder;
    this.limits = limits;
    try {
      args = ModelArgs.read(folder.root());
      Checkpoint trained = closer.add(folder.openTrained());
      Path lm = folder.languageModel(args);
      OptConfig config = OptConfig.of(ModelConfig.read(lm.resolve("config.json")));
      CompletableFuture<OptTokenizer> tokenizing =
          closing(
              CompletableFuture.supplyAsync(
                  () -> OptTokenizer.read(lm, args.imageTokens()), ModelParts::inThread));
      CompletableFuture<LanguageModel> loading =
          closing(
              tokenizing.thenApplyAsync(
                  words -> loadLanguageModel(config, lm, trained, words.size(), placement),
                  ModelParts::inThread));
      Path clip = folder.vision(args);
      ClipVisionConfig clipConfig = ModelInspection.visionConfig(clip).withoutProjection();
      Checkpoint clipFiles = closer.add(Checkpoints.open(clip, "model", "pytorch_model"));
      Weights clipWeights =
          Weights.load(
              clipFiles,
              clipConfig.layout().build(),
              placement.language(),
              placement.languagePrecision());
      vision = closer.add(new ClipVision(clipConfig, clipWeights));
      if (PackedLayers.pack(clipWeights)) {
        clipFiles.close();
      }
      preprocessor = ImagePreprocessor.read(clip, clipConfig.side());
      prefix = closer.add(loadPrefix(config, trained, clipConfig, placement));

      ModelContext context =
          new ModelContext(
              folder.root(),
              args,
              trained,
              config.embedding(),
              folder.diffusion(),
              placement.language(),
              placement.languagePrecision(),
              false,
              limits,
              network);
      retriever = openRetriever(context);
      generatorContext =
          context.on(
              placement.diffusion(), placement.diffusionPrecision(), placement.diffusionAsStored());
      generatorProvider = provider(ImageGenerator.Provider.class);
      mapper =
          generatorProvider == null
              ? null
              : mapperProvider(generatorContext)
                  .map(provider -> closer.add(provider.open(generatorContext)))
                  .orElse(null);
      tokenizer = await(tokenizing);
      languageModel = await(loading);
    } catch (RuntimeException | Error e) {
      closeAfter(e);
      throw e;
    }
  }

  /** Loads beside the other parts, which take about as long. */
  private static void inThread(Runnable load) {
    new Thread(load, "gill-load").start();
  }

  /** Waits with closing until loading has ended, and closes what it gave. */
  private <T extends AutoCloseable> CompletableFuture<T> closing(CompletableFuture<T> loading) {
    closer.add(
        () -> {
          if (loading.handle((loaded, failure) -> failure == null).join()) {
            loading.join().close();
          }
        });
    return loading;
  }

  private static <T> T await(CompletableFuture<T> loading) {
    try {
      return loading.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void closeAfter(Throwable failure) {
    try {
      closer.close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** Sees to it that the checkpoint's rows of [IMG] tokens fit the language model's embeddings. */
  static void checkImageRows(Checkpoint trained, ModelArgs args, int embedding) {
    TensorInfo rows = trained.tensors().get(IMAGE_ROWS);
    if (rows == null
        || !rows.shape().equals(List.of((long) args.imageTokens(), (long) embedding))) {
      throw new ModelFileException(
          "%s: %s is %s, expected [%d, %d]; use the language model that the checkpoint was trained on, %s"
              .formatted(
                  trained.source(),
                  IMAGE_ROWS,
                  rows == null ? "missing" : rows.shape(),
                  args.imageTokens(),
                  embedding,
                  args.optVersion()));
    }
  }

  private LanguageModel loadLanguageModel(
      OptConfig config, Path lm, Checkpoint trained, int vocabulary, Placement placement) {
    checkImageRows(trained, args, config.embedding());
    float[] rows = FloatTensors.read(trained, IMAGE_ROWS);
    return LanguageModel.load(
        config,
        () -> Checkpoints.open(lm, "model", "pytorch_model"),
        new Matrix(args.imageTokens(), config.embedding(), rows),
        vocabulary,
        placement.language(),
        placement.languagePrecision(),
        placement.quantization());
  }

  /** The trained map from pooled features of `seen` numbers to visual tokens. */
  static Layout prefixLayout(ModelArgs args, int embedding, int seen) {
    int rows = args.visualTokens() * embedding;
    return Layout.builder("visual prefix")
        .tensor("visual_embeddings.weight", rows, seen)
        .tensor("visual_embeddings.bias", rows)
        .ignore("(?!visual_embeddings\\.).*")
        .build();
  }

  private VisualPrefix loadPrefix(
      OptConfig config, Checkpoint trained, ClipVisionConfig clip, Placement placement) {
    Layout layout = prefixLayout(args, config.embedding(), clip.hidden());
    return new VisualPrefix(
        args.visualTokens(),
        config.embedding(),
        Weights.load(trained, layout, placement.language(), placement.languagePrecision()));
  }

  private @Nullable Retriever openRetriever(ModelContext context) {
    TensorInfo head = context.trained().tensors().get("visual_fc.weight");
    Retriever.Provider provider = provider(Retriever.Provider.class);
    return head == null || provider == null ? null : closer.add(provider.open(context));
  }

  /** Who opens the checkpoint's map: nobody where there is none, or nothing to draw with. */
  static Optional<ConditioningMapper.Provider> mapperProvider(ModelContext context) {
    boolean trained =
        context.trained().tensors().keySet().stream()
            .anyMatch(name -> name.startsWith("gen_text_hidden_fcs."));
    if (!trained || context.diffusion() == null) {
      return Optional.empty();
    }
    String mode = context.args().mapper();
    boolean any = false;
    for (ConditioningMapper.Provider provider :
        ServiceLoader.load(ConditioningMapper.Provider.class)) {
      any = true;
      if (provider.supports(mode)) {
        return Optional.of(provider);
      }
    }
    if (any) {
      throw new ModelFileException(
          context.folder().resolve("model_args.json")
              + ": text_fc_mode is \""
              + mode
              + "\", which no mapper on the class path knows; use gill_mapper, linear, mlp or"
              + " transformer_encoder");
    }
    return Optional.empty();
  }

  private static <T> @Nullable T provider(Class<T> type) {
    return ServiceLoader.load(type).findFirst().orElse(null);
  }

  OptTokenizer tokenizer() {
    return tokenizer;
  }

  LanguageModel languageModel() {
    return languageModel;
  }

  ClipVision vision() {
    return vision;
  }

  ImagePreprocessor preprocessor() {
    return preprocessor;
  }

  VisualPrefix prefix() {
    return prefix;
  }

  Limits limits() {
    return limits;
  }

  @Nullable Retriever retriever() {
    return retriever;
  }

  boolean canRetrieve() {
    return retriever != null && retriever.candidates() > 0;
  }

  String whyNoRetriever() {
    if (retriever == null) {
      return provider(Retriever.Provider.class) == null
          ? "gill-retrieval is not on the class path"
          : "the checkpoint has no retrieval heads";
    }
    return "the model folder has no candidates (cc3m*.npy or retrieval/)";
  }

  double guidance() {
    return GenerationConfig.guidance(generatorContext.diffusion());
  }

  boolean canGenerate() {
    return mapper != null;
  }

  String whyNoGenerator() {
    if (generatorProvider == null) {
      return "gill-diffusion is not on the class path";
    }
    if (generatorContext.diffusion() == null) {
      return folder.whyNoDiffusion();
    }
    return ServiceLoader.load(ConditioningMapper.Provider.class).findFirst().isEmpty()
        ? "gill-mapper is not on the class path"
        : "the checkpoint has no mapper";
  }

  ConditioningMapper requireMapper() {
    if (mapper == null) {
      throw new UnsupportedRequestException(
          "a generated picture is wanted, but " + whyNoGenerator());
    }
    return mapper;
  }

  /** Opens the image generator on first use: it is the largest part, and many answers need none. */
  ImageGenerator requireGenerator() {
    ImageGenerator opened = generator;
    if (opened == null) {
      if (generatorProvider == null || generatorContext.diffusion() == null) {
        throw new UnsupportedRequestException(
            "a generated picture is wanted, but " + whyNoGenerator());
      }
      opened = closer.add(generatorProvider.open(generatorContext));
      generator = opened;
    }
    return opened;
  }

  Retriever requireRetriever() {
    if (retriever == null) {
      throw new UnsupportedRequestException(
          "a retrieved picture is wanted, but " + whyNoRetriever());
    }
    return retriever;
  }

  @Override
  public void close() {
    closer.close();
  }
}
