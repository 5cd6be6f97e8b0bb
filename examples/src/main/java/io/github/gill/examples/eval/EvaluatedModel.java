package io.github.gill.examples.eval;

import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.Decision;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.Limits;
import io.github.gill.ModelFolder;
import io.github.gill.NetworkPolicy;
import io.github.gill.PictureException;
import io.github.gill.Prompt;
import io.github.gill.PromptPart;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.examples.eval.data.PictureFolder;
import io.github.gill.examples.eval.metrics.ClipSimilarity;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.retrieval.RetrievalHeads;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.ConditioningMapper;
import io.github.gill.spi.GenerationConfig;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.Progress;
import io.github.gill.vision.ClipVision;
import io.github.gill.vision.ClipVisionConfig;
import io.github.gill.vision.ImagePreprocessor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model taken apart for measuring: the language model reads each prompt once, and every map draws
 * from the same states, with the same image generator. Not thread-safe; close it to free it.
 */
final class EvaluatedModel implements AutoCloseable {

  /** The name that the model's own map has among the systems. */
  static final String OWN = "GILL";

  /** What the ablation maps must share with the model to be driven by its states. */
  private static final List<String> SHARED =
      List.of("input_embeddings.weight", "visual_embeddings.weight", "visual_embeddings.bias");

  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private final Map<String, Path> ablations;
  private final ModelFolder folder;
  private final ModelArgs args;
  private final ComputeDevice device;
  private final Precision precision;
  private final int hiddenSize;
  private final Gill gill;
  private final RetrievalHeads heads;
  private final ImageGenerator generator;
  private final Map<String, ConditioningMapper> maps = new LinkedHashMap<>();
  private final Matrix imageEmbeddings;
  private final ClipSimilarity clip;
  private final Map<Path, float[]> seen = new HashMap<>();
  private @Nullable List<PromptPart> lastPrompt;
  private @Nullable States lastStates;

  /**
   * What the language model makes of a prompt.
   *
   * @param img the hidden states of the {@code [IMG]} tokens that follow it, r × D
   * @param decision between finding and generating
   * @param probabilities what the decision head says, or null if there is none
   */
  record States(Matrix img, Decision decision, AnswerPart.@Nullable Probabilities probabilities) {}

  /**
   * Loads a model.
   *
   * @param model its folder
   * @param clipFolder the CLIP that pictures are compared with, or null for the model's own
   * @param ablations checkpoints with other maps, by {@code text_fc_mode}
   * @param device where to compute, or null for the best
   * @param precision in which type, or null for the device's default
   */
  EvaluatedModel(
      Path model,
      @Nullable Path clipFolder,
      Map<String, Path> ablations,
      @Nullable ComputeDevice device,
      @Nullable Precision precision) {
    this.ablations = Map.copyOf(ablations);
    folder = ModelFolder.of(model);
    args = ModelArgs.read(model);
    this.device = device == null ? CudaDevices.best() : CudaDevices.require(device);
    this.precision = precision == null ? CudaDevices.diffusionPrecision(this.device) : precision;
    Path lm = folder.languageModel(args);
    hiddenSize = OptConfig.of(ModelConfig.read(lm.resolve("config.json"))).embedding();
    try {
      Checkpoint trained = add(folder.openTrained());
      heads = RetrievalHeads.read(trained, hiddenSize, args.retrievalSize());
      float[] rows = FloatTensors.read(trained, "input_embeddings.weight");
      imageEmbeddings = new Matrix(rows.length / hiddenSize, hiddenSize, rows);
      gill = add(Gill.builder().model(model).device(device).precision(precision).build());
      ModelContext context = context(args, trained);
      if (context.diffusion() == null) {
        throw new IllegalArgumentException(
            model + " has no diffusion model; put one into its diffusion/ to evaluate it");
      }
      generator = add(drawing().open(context));
      maps.put(OWN, mapper(context));
      ablations.forEach((mode, file) -> addAblation(mode, file, trained));
      clip =
          add(
              ClipSimilarity.open(
                  clipFolder == null ? folder.vision(args) : clipFolder, this.device));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static ImageGenerator.Provider drawing() {
    return ServiceLoader.load(ImageGenerator.Provider.class).findFirst().orElseThrow();
  }

  private <T extends AutoCloseable> T add(T resource) {
    resources.push(resource);
    return resource;
  }

  private void addAblation(String mode, Path file, Checkpoint own) {
    ModelArgs other =
        new ModelArgs(
            args.optVersion(),
            args.visualEncoder(),
            args.visualTokens(),
            args.retrievalSize(),
            args.conditioningSize(),
            args.imageTokens(),
            args.conditioningTokens(),
            mode);
    Checkpoint checkpoint = add(ModelFolder.openTrained(file));
    for (String name : SHARED) {
      if (!Arrays.equals(FloatTensors.read(own, name), FloatTensors.read(checkpoint, name))) {
        throw new IllegalArgumentException(
            "%s has another %s than the model, so it needs its own states; evaluate it as a model of its own"
                .formatted(file, name));
      }
    }
    maps.put(mode, mapper(context(other, checkpoint)));
  }

  private ConditioningMapper mapper(ModelContext context) {
    for (ConditioningMapper.Provider provider :
        ServiceLoader.load(ConditioningMapper.Provider.class)) {
      if (provider.supports(context.args().mapper())) {
        return add(provider.open(context));
      }
    }
    throw new IllegalArgumentException(
        "\"%s\" is no map that is known; use gill_mapper, linear, mlp or transformer_encoder"
            .formatted(context.args().mapper()));
  }

  private ModelContext context(ModelArgs own, Checkpoint trained) {
    return new ModelContext(
        folder.root(),
        own,
        trained,
        hiddenSize,
        folder.diffusion(),
        device,
        precision,
        /* asStored= */ false,
        Limits.DEFAULTS,
        NetworkPolicy.OFFLINE);
  }

  /** The names of the maps, the model's own first. */
  Set<String> maps() {
    return maps.keySet();
  }

  ClipSimilarity clip() {
    return clip;
  }

  /** CLIP's features of a data set's picture, kept for the next time. */
  float[] features(Path picture) {
    return seen.computeIfAbsent(picture, file -> clip.imageFeatures(PictureFolder.read(file)));
  }

  /** Reads a prompt and forces {@code [IMG]} tokens after it, as the paper's evaluations do. */
  States read(List<PromptPart> prompt) {
    States known = lastStates;
    if (known != null && prompt.equals(lastPrompt)) {
      return known;
    }
    AnswerSettings settings = AnswerSettings.builder().numWords(2).forceImage().build();
    Watching watching = new Watching();
    try {
      gill.submit(new Prompt(prompt), settings, watching::event, watching::tensor).join();
    } catch (Watching.Enough e) {
      // The pictures that would come now are drawn here, by each map.
    }
    States states = watching.states();
    lastPrompt = prompt;
    lastStates = states;
    return states;
  }

  /** Takes states and decision from a request and ends it there. */
  private static final class Watching {
    private @Nullable Matrix img;
    private AnswerEvent.@Nullable Decided decided;

    private static final class Enough extends RuntimeException {
      private static final long serialVersionUID = 1L;
    }

    void tensor(String name, float[] values, long... shape) {
      if (name.equals("image0.img_states")) {
        img = new Matrix(Math.toIntExact(shape[0]), Math.toIntExact(shape[1]), values.clone());
      }
    }

    void event(AnswerEvent event) {
      if (event instanceof AnswerEvent.Decided now) {
        decided = now;
        throw new Enough();
      }
    }

    States states() {
      if (img == null || decided == null) {
        throw new IllegalStateException("the model gave no [IMG] states although they were forced");
      }
      return new States(img, decided.decision(), decided.probabilities());
    }
  }

  /** Draws pictures from states with a map; they differ by their noise alone. */
  List<BufferedImage> draw(
      String map,
      Matrix states,
      DiffusionSettings settings,
      @Nullable BufferedImage initial,
      int count) {
    Matrix conditioning = mapNamed(map).map(states, imageEmbeddings);
    return draw(new ImageGenerator.Conditioning(conditioning), settings, initial, count);
  }

  private ConditioningMapper mapNamed(String name) {
    ConditioningMapper map = maps.get(name);
    if (map == null) {
      throw new IllegalArgumentException("there is no map " + name);
    }
    return map;
  }

  /** Draws pictures from text alone: the Stable Diffusion baseline. */
  List<BufferedImage> draw(
      String text, DiffusionSettings settings, @Nullable BufferedImage initial, int count) {
    return draw(new ImageGenerator.Text(text), settings, initial, count);
  }

  private List<BufferedImage> draw(
      ImageGenerator.Source source,
      DiffusionSettings settings,
      @Nullable BufferedImage initial,
      int count) {
    return generator
        .generate(new ImageGenerator.Request(source, settings, initial, count), Progress.NONE)
        .stream()
        .map(ImageGenerator.Picture::image)
        .toList();
  }

  /** Says what a picture shows, from the visual prefix alone. */
  String caption(Path picture, String begin, int words) {
    Prompt prompt = Prompt.builder().image(picture).text(begin).build();
    AnswerSettings settings = AnswerSettings.builder().numWords(words).maxImages(0).build();
    return gill.answer(prompt, settings).text().strip();
  }

  /** What a decision head sees of a prompt. */
  DecisionFeatures decisionFeatures(String prompt) {
    return DecisionFeatures.of(gill, prompt);
  }

  /** The retrieval query of a prompt, of length 1. */
  float[] query(List<PromptPart> prompt) {
    return heads.query(read(prompt).img().row(0));
  }

  /** The retrieval keys of the pictures that can be read, of length 1. */
  Map<Path, float[]> keys(Set<Path> pictures) {
    Path vision = folder.vision(args);
    ClipVisionConfig config =
        ClipVisionConfig.of(ModelConfig.read(vision.resolve("config.json"))).withoutProjection();
    ImagePreprocessor preprocessor = ImagePreprocessor.read(vision, config.side());
    Map<Path, float[]> keys = new LinkedHashMap<>();
    try (Checkpoint files = Checkpoints.open(vision, "model", "pytorch_model");
        ClipVision encoder =
            new ClipVision(
                config, Weights.load(files, config.layout().build(), device, Precision.FP32))) {
      for (Path picture : pictures) {
        try {
          float[] pixels = preprocessor.pixelValues(PictureFolder.read(picture));
          keys.put(picture, heads.key(encoder.pooled(pixels).row(0)));
        } catch (PictureException e) {
          // Whose true picture it is says so itself; for the others it is no candidate.
        }
      }
    }
    return keys;
  }

  /** All files that results depend on. */
  List<Path> files() {
    List<Path> files = new ArrayList<>(new TreeMap<>(ablations).values());
    for (String name :
        List.of("model_args.json", "decision.safetensors", "decision_model.pth.tar")) {
      files.add(folder.root().resolve(name));
    }
    files.add(folder.trained());
    files.add(folder.languageModel(args));
    files.add(folder.vision(args));
    Path diffusion = folder.diffusion();
    if (diffusion != null) {
      files.add(diffusion);
    }
    return files;
  }

  /** The guidance scale that the model draws with where none is asked for. */
  double guidance() {
    return GenerationConfig.guidance(folder.diffusion());
  }

  /** How many tokens Stable Diffusion's text encoder reads, its begin and end included. */
  int textPositions() {
    Path diffusion = folder.diffusion();
    return diffusion == null
        ? 0
        : ModelConfig.read(diffusion.resolve("text_encoder/config.json"))
            .integer("max_position_embeddings", 77);
  }

  @Override
  public void close() {
    RuntimeException failure = null;
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new IllegalStateException("a part of the model could not be closed", e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
