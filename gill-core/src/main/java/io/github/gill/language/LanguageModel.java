package io.github.gill.language;

import io.github.gill.LimitException;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.LinearLayers;
import io.github.gill.runtime.LinearLayers.Form;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Torch;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A frozen OPT model with GILL's rows for {@code [IMG0]…[IMGr]} in its vocabulary (section 3.1 of
 * the paper).
 *
 * <p>Axes: T new positions, E embedding size, V vocabulary with the added tokens. Called by one
 * thread at a time per device.
 */
public final class LanguageModel implements AutoCloseable {

  private static final int FIRST_CAPACITY = 128;
  private static final int USUAL_POSITIONS = 512;

  private final OptConfig config;
  private final Matrix imageEmbeddings;
  private final int firstAdded;
  private final int firstImage;
  private final Program program;
  private final Weights weights;
  private final Checkpoint files;

  /**
   * The outcome of running new positions.
   *
   * @param hidden last hidden states after the final layer norm, T × E, fp32
   * @param logits of the last position, V, fp32
   */
  public record Step(Value hidden, Value logits) {}

  private LanguageModel(
      OptConfig config,
      Matrix imageEmbeddings,
      int firstAdded,
      int firstImage,
      Program program,
      Weights weights,
      Checkpoint files) {
    this.config = config;
    this.firstImage = firstImage;
    this.imageEmbeddings = imageEmbeddings;
    this.firstAdded = firstAdded;
    this.program = program;
    this.weights = weights;
    this.files = files;
  }

  /**
   * Loads a model. Linear layers that are packed ({@link LinearLayers}) are read one after the
   * other; everything else that has the right type is the mapped file.
   *
   * @param config its shape
   * @param files opens its tensors
   * @param imageEmbeddings the trained rows of {@code [IMG0]…[IMGr]}, r × E
   * @param vocabulary V, the tokenizer's length with all added tokens; the last r are the images'
   * @param device where it computes
   * @param precision in which type it computes
   * @param quantization how its linear layers are kept
   * @return the model, which the caller closes
   * @throws io.github.gill.ModelFileException if tensors are missing or do not fit
   * @throws UnsupportedRequestException if quantized layers are wanted where they cannot be
   */
  public static LanguageModel load(
      OptConfig config,
      Supplier<Checkpoint> files,
      Matrix imageEmbeddings,
      int vocabulary,
      ComputeDevice device,
      Precision precision,
      Quantization quantization) {
    checkQuantization(quantization, device, precision);
    int firstImage = vocabulary - imageEmbeddings.rows();
    int firstAdded = Math.min(firstImage, config.vocabulary());
    Checkpoint kept = files.get();
    Program program = Program.load(LanguageModel.class, "linear.py", "opt.py", "sampling.py");
    try (Weights.Builder builder = Weights.builder(device, precision)) {
      Layout layout = config.layout();
      Map<String, String> stored = layout.match(kept);
      Map<String, Form> forms = forms(config, stored, kept, device, precision, quantization);
      builder.add(kept, layout, "", name -> use(name, forms));
      Matrix added = imageEmbeddings;
      if (firstAdded < firstImage) {
        added = withMeanRows(builder, imageEmbeddings, firstImage - firstAdded);
      }
      builder.add("added.weight", added.values(), added.rows(), added.columns());
      LinearLayers.pack(program, files, stored, forms, device);
      forms.forEach(
          (name, form) -> {
            TensorInfo info = Objects.requireNonNull(kept.tensors().get(stored.get(name)));
            builder.keptElsewhere(LinearLayers.bytes(info, form));
          });
      Weights weights = builder.build();
      if (device.cuda() || (forms.isEmpty() && copied(stored, kept, precision))) {
        joinProjections(program, weights, config.layers());
      }
      return new LanguageModel(
          config, imageEmbeddings, firstAdded, firstImage, program, weights, kept);
    } catch (RuntimeException | Error e) {
      program.close();
      kept.close();
      throw e;
    }
  }

  /** Whether plain layers on the CPU are tensors of their own, not the mapped file. */
  private static boolean copied(Map<String, String> stored, Checkpoint files, Precision precision) {
    String table = stored.get(OptConfig.TOKEN_TABLE);
    TensorInfo info = Objects.requireNonNull(files.tensors().get(table));
    return info.type().torchType() != precision.torchType();
  }

  /** One product for queries, keys and values in place of three. */
  private static void joinProjections(Program program, Weights weights, int layers) {
    try (Scope scope = new Scope()) {
      program.call(scope, "join", weights, layers);
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
    Torch.releaseDeviceCache(); // of what the three took
  }

  /** Chooses the form of each linear layer that is to be packed, by its weight's name. */
  private static Map<String, Form> forms(
      OptConfig config,
      Map<String, String> stored,
      Checkpoint files,
      ComputeDevice device,
      Precision precision,
      Quantization quantization) {
    Map<String, Form> forms = new LinkedHashMap<>();
    stored.forEach(
        (name, inFile) -> {
          TensorInfo info = Objects.requireNonNull(files.tensors().get(inFile));
          Form form =
              config.linear(name) ? LinearLayers.form(info, quantization, device, precision) : null;
          // The output head is the embedding table again, and its precision decides each token. A
          // device has no file to look rows up in, so it keeps the one table for both.
          boolean head = name.equals(OptConfig.TOKEN_TABLE);
          if (form != null && !(head && device.cuda())) {
            forms.put(name, head && form == Form.INT4 ? Form.INT8 : form);
          }
        });
    return forms;
  }

  /**
   * Measures what {@link #load} would keep in memory. Of a packed embedding table that is only the
   * output head: rows are looked up in the mapped file.
   *
   * @param config its shape
   * @param files its tensors
   * @param device where it would compute
   * @param precision in which type
   * @param quantization how its linear layers would be kept
   * @return bytes
   * @throws io.github.gill.ModelFileException if tensors are missing or do not fit
   */
  public static long weightBytes(
      OptConfig config,
      Checkpoint files,
      ComputeDevice device,
      Precision precision,
      Quantization quantization) {
    Map<String, String> stored = config.layout().match(files);
    Map<String, Form> forms = forms(config, stored, files, device, precision, quantization);
    long bytes = 0;
    for (Map.Entry<String, String> tensor : stored.entrySet()) {
      TensorInfo info = Objects.requireNonNull(files.tensors().get(tensor.getValue()));
      Form form = forms.get(tensor.getKey());
      bytes += form == null ? info.elements() * precision.bytes() : LinearLayers.bytes(info, form);
    }
    return bytes;
  }

  /**
   * Estimates what a request takes besides the weights.
   *
   * @param config the model's shape
   * @param precision in which type it computes
   * @return bytes of a cache of 512 positions, or of all there are if fewer, and of the layers'
   *     work
   */
  public static long workingBytes(OptConfig config, Precision precision) {
    long positions = Math.min(USUAL_POSITIONS, config.positions());
    long cache = 2L * config.layers() * config.hidden() * positions * precision.bytes();
    return cache + 4L * positions * config.feedForward() * precision.bytes();
  }

  private static void checkQuantization(
      Quantization quantization, ComputeDevice device, Precision precision) {
    if (quantization != Quantization.NONE && !device.cuda() && precision != Precision.FP32) {
      throw new UnsupportedRequestException(
          "%s weights are wanted for %s on %s; on the cpu they compute in fp32, elsewhere use none"
              .formatted(quantization, precision, device));
    }
    if (quantization == Quantization.INT4 && device.cuda()) {
      CudaDevices.find(device)
          .filter(found -> !found.hasBfloat16())
          .ifPresent(
              found -> {
                throw new UnsupportedRequestException(
                    "int4 weights are wanted on %s, a %s of compute capability %d.%d; their kernels need 8.0, so use int8 or none"
                        .formatted(device, found.name(), found.major(), found.minor()));
              });
    }
  }

  /** Rows of a packed table are still looked up, in the file. */
  private static Weights.Use use(String name, Map<String, Form> forms) {
    if (!forms.containsKey(name)) {
      return Weights.Use.CONVERTED;
    }
    return name.equals(OptConfig.TOKEN_TABLE) ? Weights.Use.AS_STORED : Weights.Use.ELSEWHERE;
  }

  /**
   * Tokens that neither the file nor GILL's training has a row for, such as {@code <|image|>} in a
   * vocabulary without spare rows, get the mean of the table, as in the original.
   */
  private static Matrix withMeanRows(Weights.Builder builder, Matrix rows, int missing) {
    float[] mean = builder.columnMean(OptConfig.TOKEN_TABLE);
    float[] values = new float[(missing + rows.rows()) * rows.columns()];
    for (int i = 0; i < missing; i++) {
      System.arraycopy(mean, 0, values, i * mean.length, mean.length);
    }
    System.arraycopy(rows.values(), 0, values, missing * rows.columns(), rows.values().length);
    return new Matrix(missing + rows.rows(), rows.columns(), values);
  }

  /**
   * Returns the size of embeddings and output states.
   *
   * @return E
   */
  public int embeddingSize() {
    return config.embedding();
  }

  /**
   * Returns the longest sequence.
   *
   * @return positions
   */
  public int positions() {
    return config.positions();
  }

  /**
   * Returns the input embeddings of {@code [IMG0]…[IMGr]}.
   *
   * @return r × E
   */
  public Matrix imageEmbeddings() {
    return imageEmbeddings;
  }

  /**
   * Makes an empty cache.
   *
   * @return the cache, which the caller closes
   */
  public KeyValueCache newCache() {
    int capacity = Math.min(FIRST_CAPACITY, positions());
    try (Scope scope = new Scope()) {
      Value tensors =
          program.call(
              scope,
              "new_cache",
              weights,
              config.layers(),
              config.heads(),
              config.hidden(),
              capacity);
      return new KeyValueCache(this, scope.detach(tensors), capacity);
    }
  }

  long cacheBytes(int capacity) {
    return 2L * config.layers() * config.hidden() * capacity * weights.precision().bytes();
  }

  Value grow(Scope scope, Value tensors, int used, int capacity) {
    return program.call(scope, "grow_cache", tensors, used, capacity);
  }

  /**
   * Looks tokens up and copies them to the heap.
   *
   * @param ids token ids below V
   * @return embeddings, T × E
   */
  public Matrix embed(long... ids) {
    try (Scope scope = new Scope()) {
      return new Matrix(
          ids.length,
          embeddingSize(),
          program
              .call(scope, "look_up", weights, scope.longs(ids, 1, ids.length), firstAdded)
              .toFloats());
    }
  }

  /**
   * Runs embeddings that come from anywhere.
   *
   * @param scope the owner of the result
   * @param cache what came before; grows by T
   * @param embeddings 1 × T × E
   * @param count T
   * @return states and logits
   * @throws LimitException if the sequence grows longer than the model's positions
   */
  public Step forward(Scope scope, KeyValueCache cache, Value embeddings, int count) {
    return run(scope, "forward", List.of(cache), embeddings, count).get(0);
  }

  /**
   * Runs tokens.
   *
   * @param scope the owner of the result
   * @param cache what came before; grows by the number of ids
   * @param ids token ids below V
   * @return states and logits
   * @throws LimitException if the sequence grows longer than the model's positions
   */
  public Step next(Scope scope, KeyValueCache cache, long... ids) {
    return next(scope, List.of(cache), List.of(ids)).get(0);
  }

  /**
   * Runs tokens of several sequences together, which costs little more than one of them.
   *
   * @param scope the owner of the result
   * @param caches what came before in each sequence; each grows by the number of its ids
   * @param ids token ids below V of each sequence, at least one
   * @return states and logits of each sequence, as {@link #next(Scope, KeyValueCache, long...)}
   *     returns them but for the order of summation
   * @throws LimitException if a sequence grows longer than the model's positions
   */
  public List<Step> next(Scope scope, List<KeyValueCache> caches, List<long[]> ids) {
    long[] all = ids.stream().flatMapToLong(Arrays::stream).toArray();
    int[] counts = ids.stream().mapToInt(own -> own.length).toArray();
    return run(scope, "next", caches, scope.longs(all, all.length), counts);
  }

  private List<Step> run(
      Scope scope, String method, List<KeyValueCache> caches, Value input, int... counts) {
    for (int i = 0; i < counts.length; i++) {
      int length = caches.get(i).length() + counts[i];
      if (length > positions()) {
        throw new LimitException(
            "the sequence has "
                + length
                + " positions, the language model takes "
                + positions()
                + "; shorten the prompt or ask for fewer words");
      }
    }
    for (int i = 0; i < counts.length; i++) {
      caches.get(i).reserve(counts[i]);
    }
    Value result =
        program.call(
            scope,
            method,
            weights,
            caches.stream().map(KeyValueCache::tensors).toList(),
            input,
            Arrays.stream(counts).asLongStream().toArray(),
            caches.stream().mapToLong(KeyValueCache::length).toArray(),
            config.preNorm(),
            config.finalNorm(),
            config.gelu(),
            firstAdded);
    List<Value> parts = result.elements(scope);
    List<Value> hidden = parts.get(0).elements(scope);
    List<Value> logits = parts.get(1).elements(scope);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      caches.get(i).advance(counts[i]);
      steps.add(new Step(hidden.get(i), logits.get(i)));
    }
    return steps;
  }

  /**
   * Makes a random stream for {@link #choose}.
   *
   * @param scope its owner
   * @param seed the seed, as given to {@code torch.manual_seed} in the original
   * @return a generator on the CPU
   */
  Value random(Scope scope, long seed) {
    return program.call(scope, "generator", seed);
  }

  /** Applies the rules for {@code [IMG]} tokens to logits. */
  Value allow(Scope scope, Value logits, DecodingSettings settings, boolean imageAllowed) {
    int images = imageEmbeddings.rows();
    return program.call(
        scope,
        "allow",
        logits,
        firstImage,
        images,
        imageAllowed,
        settings.retScaleFactor(),
        settings.genScaleFactor());
  }

  /** Chooses the next token from logits that {@link #allow} returned. */
  int choose(Scope scope, Value logits, DecodingSettings settings, Value random) {
    return (int)
        program
            .call(scope, "choose", logits, settings.temperature(), settings.topP(), random)
            .toLong();
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
    program.close();
    files.close();
  }
}
