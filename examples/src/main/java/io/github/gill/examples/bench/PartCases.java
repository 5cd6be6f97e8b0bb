package io.github.gill.examples.bench;

import io.github.gill.DiffusionSettings;
import io.github.gill.Limits;
import io.github.gill.ModelFolder;
import io.github.gill.NetworkPolicy;
import io.github.gill.SchedulerKind;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.language.Decoder;
import io.github.gill.language.DecodingSettings;
import io.github.gill.language.KeyValueCache;
import io.github.gill.language.LanguageModel;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptConfig;
import io.github.gill.language.OptTokenizer;
import io.github.gill.retrieval.CandidateIndex;
import io.github.gill.retrieval.CandidateIndexWriter;
import io.github.gill.retrieval.KeyStorage;
import io.github.gill.retrieval.RetrievalHeads;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.ConditioningMapper;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.Progress;
import io.github.gill.vision.ClipVision;
import io.github.gill.vision.ClipVisionConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The cases that the reference script times too, under the same names and with the same sizes: each
 * part of the model alone, on random input.
 */
final class PartCases {

  /**
   * Random tokens stay clear of special and added ones, as in the reference script; a small
   * vocabulary gives its upper half.
   */
  private static final int FIRST_TOKEN = 300;

  private static final int LAST_TOKEN = 50_000;

  private final ModelFolder folder;
  private final ModelArgs args;
  private final ComputeDevice device;
  private final Precision precision;
  private final Quantization quantization;
  private final Consumer<Measurement> results;
  private final Random random = new Random(1);

  /**
   * Makes the cases.
   *
   * @param model a folder with {@code lm}, {@code vision}, {@code diffusion} and the trained
   *     tensors
   * @param device where to compute
   * @param precision in which type
   * @param quantization how the language model's linear layers are kept
   * @param results told of each case as it ends
   */
  PartCases(
      Path model,
      ComputeDevice device,
      Precision precision,
      Quantization quantization,
      Consumer<Measurement> results) {
    this.folder = ModelFolder.of(model);
    this.args = ModelArgs.read(model);
    this.device = device;
    this.precision = precision;
    this.quantization = quantization;
    this.results = results;
  }

  /** Decoding with a cache, the work of the original's loop, and reading a prompt. */
  void language(int prompt, int tokens) {
    Path lm = folder.languageModel(args);
    OptConfig config = OptConfig.of(ModelConfig.read(lm.resolve("config.json")));
    if (prompt + tokens > config.positions()) {
      throw new IllegalArgumentException(
          "--prompt %d and --tokens %d take %d positions, the model has %d; lower one of them"
              .formatted(prompt, tokens, prompt + tokens, config.positions()));
    }
    try (Checkpoint trained = folder.openTrained();
        OptTokenizer tokenizer = OptTokenizer.read(lm, args.imageTokens());
        LanguageModel model =
            LanguageModel.load(
                config,
                () -> Checkpoints.open(lm, "model", "pytorch_model"),
                new Matrix(
                    args.imageTokens(),
                    config.embedding(),
                    FloatTensors.read(trained, "input_embeddings.weight")),
                tokenizer.size(),
                device,
                precision,
                quantization)) {
      int last = Math.min(LAST_TOKEN, tokenizer.imageId());
      long[] ids = random.longs(prompt, Math.min(FIRST_TOKEN, last / 2), last).toArray();
      Decoder decoder = new Decoder(model, tokenizer);
      DecodingSettings settings =
          new DecodingSettings(tokens, tokens, 1, 1, 0, 1, 0, 0, /* stopAtNewline= */ false);
      Runnable generate = () -> generate(model, decoder, settings, ids);
      String unit = "prompt %d + %d tokens".formatted(prompt, tokens);
      language("lm_generate_cached", Stopwatch.median(5, generate), unit);
      language("lm_generate_release_loop", Stopwatch.median(3, generate), unit);
      double prefill = Stopwatch.median(5, () -> prefill(model, ids));
      language("lm_prefill", prefill, "%d tokens".formatted(prompt));
    }
  }

  private void language(String name, double seconds, String unit) {
    String weights =
        quantization == Quantization.NONE ? precision.toString() : quantization.toString();
    results.accept(new Measurement(name, seconds, unit, weights, device.toString()));
  }

  private static void generate(
      LanguageModel model, Decoder decoder, DecodingSettings settings, long[] ids) {
    Matrix embeddings = model.embed(ids);
    try (KeyValueCache cache = model.newCache();
        Scope scope = new Scope()) {
      Value prompt = scope.floats(embeddings.values(), 1, ids.length, embeddings.columns());
      decoder.decode(cache, prompt, ids.length, settings, Progress.NONE, token -> {});
    }
  }

  private static void prefill(LanguageModel model, long[] ids) {
    try (KeyValueCache cache = model.newCache();
        Scope scope = new Scope()) {
      model.next(scope, cache, ids).logits().toFloats();
    }
  }

  /** The image encoder on one picture. */
  void vision() {
    Path clip = folder.vision(args);
    ClipVisionConfig config = ClipVisionConfig.of(ModelConfig.read(clip.resolve("config.json")));
    try (Checkpoint files = Checkpoints.open(clip, "model", "pytorch_model");
        Weights weights = Weights.load(files, config.layout().build(), device, precision);
        ClipVision encoder = new ClipVision(config, weights)) {
      PackedLayers.pack(weights);
      float[] pixels = gaussian(3 * config.side() * config.side());
      report("clip_encode", Stopwatch.median(5, () -> encoder.pooled(pixels)), "one picture");
    }
  }

  /** The map from image tokens to conditioning. */
  void mapper() {
    try (Checkpoint trained = folder.openTrained();
        ConditioningMapper mapper = mapper(trained)) {
      int rows = args.imageTokens();
      int columns = hiddenSize();
      Matrix states = new Matrix(rows, columns, gaussian(rows * columns));
      Matrix embeddings = new Matrix(rows, columns, gaussian(rows * columns));
      report("mapper", Stopwatch.median(20, () -> mapper.map(states, embeddings)), "one slot");
    }
  }

  private ConditioningMapper mapper(Checkpoint trained) {
    return ServiceLoader.load(ConditioningMapper.Provider.class)
        .findFirst()
        .orElseThrow()
        .open(context(trained));
  }

  /** The ten best of random candidates, from indices on disk that the page cache holds. */
  void scan(int rows) {
    try (Checkpoint trained = folder.openTrained()) {
      RetrievalHeads heads = RetrievalHeads.read(trained, hiddenSize(), args.retrievalSize());
      scan(rows, heads, KeyStorage.FP16, "scan_top10");
      scan(rows, heads, KeyStorage.INT8, "scan_top10_int8");
    }
  }

  private void scan(int rows, RetrievalHeads heads, KeyStorage storage, String name) {
    Path folderOfIndex = temporary();
    try {
      int size = heads.size();
      float[] numbers = gaussian(rows + size); // a key is any run of them
      try (CandidateIndexWriter writer =
          CandidateIndexWriter.create(folderOfIndex, heads, storage)) {
        for (int i = 0; i < rows; i++) {
          writer.add(i + ".png", Arrays.copyOfRange(numbers, i, i + size));
        }
        writer.finish();
      }
      try (CandidateIndex index = CandidateIndex.open(folderOfIndex, heads, device).orElseThrow()) {
        float[] query = unit(gaussian(size));
        report(
            name, Stopwatch.median(9, () -> index.topK(query, 10, Set.of())), rows + " x " + size);
      }
    } finally {
      delete(folderOfIndex);
    }
  }

  /** Steps of the denoising network under guidance, and the decoder behind it. */
  void diffusion(int size, boolean unet, boolean vae) {
    try (Checkpoint trained = folder.openTrained();
        ImageGenerator generator =
            ServiceLoader.load(ImageGenerator.Provider.class)
                .findFirst()
                .orElseThrow()
                .open(context(trained))) {
      int count =
          device.cuda() ? 12 : 2; // a device takes milliseconds for what a CPU takes seconds
      DiffusionSettings settings =
          DiffusionSettings.builder()
              .steps(count)
              .scheduler(SchedulerKind.DDIM)
              .height(size)
              .width(size)
              .build();
      int values = args.conditioningTokens() * args.conditioningSize();
      ImageGenerator.Source source =
          new ImageGenerator.Conditioning(
              new Matrix(args.conditioningTokens(), args.conditioningSize(), gaussian(values)));
      ImageGenerator.Request request = new ImageGenerator.Request(source, settings, null, 1);
      List<Double> steps = new ArrayList<>();
      List<Double> decodes = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        StepTimes times = new StepTimes();
        generator.generate(request, times);
        if (i > 0) {
          for (int step = 1; step < count; step++) {
            steps.add(times.between(step - 1, step));
          }
          decodes.add(times.since(count - 1));
        }
      }
      String picture = "%dx%d".formatted(size, size);
      if (unet) {
        report("unet_step", Stopwatch.median(steps), picture + ", guidance batch 2");
      }
      if (vae) {
        report("vae_decode", Stopwatch.median(decodes), picture);
      }
    }
  }

  /** Notes when each step ended. */
  private static final class StepTimes implements Progress {
    private final List<Long> ends = new ArrayList<>();

    @Override
    public void check() {}

    @Override
    public void step(int step, int steps, Supplier<BufferedImage> preview) {
      ends.add(System.nanoTime());
    }

    double between(int first, int second) {
      return (ends.get(second) - ends.get(first)) / 1e9;
    }

    double since(int step) {
      return (System.nanoTime() - ends.get(step)) / 1e9;
    }
  }

  private ModelContext context(Checkpoint trained) {
    return new ModelContext(
        folder.root(),
        args,
        trained,
        hiddenSize(),
        folder.diffusion(),
        device,
        precision,
        /* asStored= */ false,
        Limits.DEFAULTS,
        NetworkPolicy.OFFLINE);
  }

  private int hiddenSize() {
    Path config = folder.languageModel(args).resolve("config.json");
    return OptConfig.of(ModelConfig.read(config)).embedding();
  }

  private void report(String name, double seconds, String unit) {
    results.accept(new Measurement(name, seconds, unit, precision.toString(), device.toString()));
  }

  private float[] gaussian(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] unit(float[] vector) {
    double squares = 0;
    for (float x : vector) {
      squares += (double) x * x;
    }
    float length = (float) Math.sqrt(squares);
    for (int i = 0; i < vector.length; i++) {
      vector[i] /= length;
    }
    return vector;
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("gill-bench");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
