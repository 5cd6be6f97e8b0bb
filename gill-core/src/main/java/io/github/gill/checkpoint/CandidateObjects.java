package io.github.gill.checkpoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a candidates' pickle may name: NumPy arrays and PyTorch tensors of floating-point numbers.
 *
 * <p>Elements of the two lists go to the consumer as soon as they are appended; nothing is kept. No
 * more bytes are read for arrays than the file has, so that referring to one array again and again
 * cannot make a small file endless.
 */
final class CandidateObjects implements PickleObjects {

  private static final int MAX_COLUMNS = 1 << 16;
  private static final int MAX_KEYS = 1000;

  private enum Function {
    RECONSTRUCT,
    FROM_BUFFER,
    NDARRAY,
    DTYPE,
    ENCODE,
    LOAD_STORAGE,
    REBUILD_TENSOR,
    REBUILD_PARAMETER,
    ORDERED_DICT
  }

  /** A storage with the bytes that it lies in. */
  private record LoadedStorage(ByteSource source, TorchStorage storage) {}

  private static final Map<String, Function> GLOBALS =
      Map.ofEntries(
          Map.entry("numpy.core.multiarray._reconstruct", Function.RECONSTRUCT),
          Map.entry("numpy._core.multiarray._reconstruct", Function.RECONSTRUCT),
          Map.entry("numpy.core.numeric._frombuffer", Function.FROM_BUFFER),
          Map.entry("numpy._core.numeric._frombuffer", Function.FROM_BUFFER),
          Map.entry("numpy.ndarray", Function.NDARRAY),
          Map.entry("numpy.dtype", Function.DTYPE),
          Map.entry("_codecs.encode", Function.ENCODE),
          Map.entry("torch.storage._load_from_bytes", Function.LOAD_STORAGE),
          Map.entry("torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR),
          Map.entry("torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER),
          Map.entry("collections.OrderedDict", Function.ORDERED_DICT));

  private final ByteSource source;
  private final CandidateConsumer consumer;
  private final Set<Object> keys = new HashSet<>();
  private float[] vector = {};
  private byte[] scratch = {};
  private int paths;
  private int vectors;
  private long spent;

  /**
   * Begins without candidates.
   *
   * @param source the whole file, read apart from the pickle's instructions
   * @param consumer receives the candidates
   */
  CandidateObjects(ByteSource source, CandidateConsumer consumer) {
    this.source = source;
    this.consumer = consumer;
  }

  int paths() {
    return paths;
  }

  int vectors() {
    return vectors;
  }

  int columns() {
    return vector.length;
  }

  boolean has(String key) {
    return keys.contains(key);
  }

  @Override
  public Object global(String module, String name) {
    return PickleObjects.listed(
        GLOBALS,
        module,
        name,
        "candidates are paths and NumPy arrays or PyTorch tensors; if you trust the file, "
            + "load it in Python and save it as such");
  }

  @Override
  public Object call(Object callable, List<Object> arguments) {
    if (callable instanceof Function function) {
      switch (function) {
        case RECONSTRUCT -> {
          if (arguments.size() == 3 && arguments.get(0) == Function.NDARRAY) {
            return new NumpyArray();
          }
        }
        case FROM_BUFFER -> {
          if (arguments.size() == 4 && arguments.get(1) instanceof NumpyType type) {
            boolean fortran = !"C".equals(arguments.get(3));
            NumpyArray array = new NumpyArray();
            array.fill(numbers(arguments.get(0), type, arguments.get(2), fortran));
            return array;
          }
        }
        case DTYPE -> {
          return NumpyType.of(arguments);
        }
        case ENCODE -> {
          if (arguments.size() == 2
              && arguments.get(0) instanceof String text
              && "latin1".equals(arguments.get(1))) {
            return new PickleValue.LatinBytes(text);
          }
        }
        case LOAD_STORAGE -> {
          if (arguments.size() == 1) {
            return load(bytes(arguments.get(0)));
          }
        }
        case REBUILD_TENSOR -> {
          if (arguments.size() >= 6
              && arguments.get(0) instanceof LoadedStorage loaded
              && arguments.get(1) instanceof Long offset) {
            return tensor(loaded, offset, arguments.get(2), arguments.get(3));
          }
        }
        case REBUILD_PARAMETER -> {
          if (arguments.size() == 3 && arguments.get(0) instanceof NumberArray array) {
            return array;
          }
        }
        case ORDERED_DICT -> {
          if (arguments.isEmpty()) {
            return new LinkedHashMap<>();
          }
        }
        case NDARRAY -> {}
      }
    }
    throw new Refusal(
        "calling %s with %d arguments is refused"
            .formatted(PickleValue.kind(callable), arguments.size()));
  }

  @Override
  public void build(Object object, Object state) {
    if (object instanceof NumpyType type) {
      type.build(state);
    } else if (object instanceof NumpyArray array
        && state instanceof PickleValue.Tuple tuple
        && tuple.items().size() == 5
        && tuple.items().get(2) instanceof NumpyType type
        && tuple.items().get(3) instanceof Boolean fortran) {
      array.fill(numbers(tuple.items().get(4), type, tuple.items().get(1), fortran));
    } else {
      throw new Refusal("giving " + PickleValue.kind(object) + " a state (BUILD) is refused");
    }
  }

  @Override
  public boolean appended(Object key, List<Object> elements) {
    if (key.equals("paths")) {
      for (Object element : elements) {
        if (!(element instanceof String path)) {
          throw new Refusal("path " + paths + " is " + PickleValue.kind(element));
        }
        consumer.path(paths++, path);
      }
    } else if (key.equals("embeddings")) {
      for (Object element : elements) {
        NumberArray numbers = numbers(element);
        if (numbers.info().shape().size() != 1) {
          throw new Refusal("embedding " + vectors + " has shape " + numbers.info().shape());
        }
        deliver(numbers);
      }
    }
    return true;
  }

  @Override
  public boolean item(Object key, Object value) {
    if (keys.size() == MAX_KEYS) {
      throw new Refusal("the dictionary has more than " + MAX_KEYS + " keys");
    }
    if (!keys.add(key)) {
      throw new Refusal(PickleValue.kind(key) + " is there twice");
    }
    if (value instanceof List<?> list) {
      // Elements that were appended before the list came here; usually there are none.
      return appended(key, new ArrayList<>(list));
    }
    if (key.equals("embeddings")) {
      deliver(numbers(value));
    } else if (key.equals("paths")) {
      throw new Refusal("the paths are " + PickleValue.kind(value) + ", expected a list of texts");
    }
    return true;
  }

  private NumberArray numbers(Object value) {
    NumberArray numbers =
        value instanceof NumpyArray array
            ? array.numbers()
            : value instanceof NumberArray tensor ? tensor : null;
    if (numbers == null) {
      throw new Refusal(
          "embedding %d is %s, expected an array of numbers"
              .formatted(vectors, PickleValue.kind(value)));
    }
    return numbers;
  }

  private void deliver(NumberArray numbers) {
    long columns = numbers.columns();
    if (columns < 1 || columns > MAX_COLUMNS || (vectors > 0 && columns != vector.length)) {
      throw new Refusal(
          vectors == 0
              ? "the first embedding has %d numbers, expected 1 to %d"
                  .formatted(columns, MAX_COLUMNS)
              : "embedding %d has %d numbers, those before it %d"
                  .formatted(vectors, columns, vector.length));
    }
    if (numbers.rows() > Integer.MAX_VALUE - vectors) {
      throw new Refusal("there are more than " + Integer.MAX_VALUE + " embeddings");
    }
    spend(numbers.info().bytes());
    if (vectors == 0) {
      vector = new float[(int) columns];
      scratch = new byte[(int) columns * 8];
    }
    for (long row = 0; row < numbers.rows(); row++) {
      numbers.read(row, vector, scratch);
      consumer.vector(vectors++, vector);
    }
  }

  private NumberArray numbers(Object data, NumpyType type, Object shape, boolean fortran) {
    ByteSource content = bytes(data);
    TensorInfo info = new TensorInfo(type.type(), axes(shape));
    if (fortran && info.shape().size() > 1) {
      throw new Refusal("the embeddings lie column by column; save np.ascontiguousarray of them");
    }
    if (info.bytes() != content.size()) {
      throw new Refusal(
          "an array of shape %s and type %s has %d bytes"
              .formatted(info.shape(), info.type(), content.size()));
    }
    long columns = info.shape().get(info.shape().size() - 1);
    List<Long> strides = info.shape().size() == 2 ? List.of(columns, 1L) : List.of(1L);
    return new NumberArray(content, 0, info, strides);
  }

  private NumberArray tensor(LoadedStorage loaded, long offset, Object shape, Object strides) {
    TorchStorage storage = loaded.storage();
    if (!storage.type().isFloating()) {
      throw new Refusal("an embedding holds " + storage.type() + ", expected floating point");
    }
    TensorInfo info = new TensorInfo(storage.type(), axes(shape));
    TorchTensor tensor = new TorchTensor(storage, offset, info, axes(strides));
    if (info.shape().size() == 2 && !tensor.contiguous()) {
      throw new Refusal("the embeddings are not contiguous; call contiguous() before saving");
    }
    long position = storage.position() + offset * storage.type().bytes();
    return new NumberArray(loaded.source(), position, info, tensor.strides());
  }

  private LoadedStorage load(ByteSource nested) {
    spend(nested.size());
    boolean zip = nested.size() > 2 && nested.u16(0) == ('P' | 'K' << 8);
    Object value = zip ? TorchFile.readZip(nested) : TorchFile.readLegacy(nested);
    if (!(value instanceof TorchStorage storage)) {
      throw new Refusal("a nested file holds " + PickleValue.kind(value) + ", expected a storage");
    }
    return new LoadedStorage(nested, storage);
  }

  private ByteSource bytes(Object value) {
    if (value instanceof PickleValue.Bytes bytes) {
      return new RangeSource(source, bytes.position(), bytes.length());
    } else if (value instanceof PickleValue.LatinBytes latin) {
      return new LatinSource(source.name(), latin.text());
    }
    throw new Refusal("an array's content is " + PickleValue.kind(value));
  }

  private void spend(long bytes) {
    spent += bytes;
    // A tensor's bytes count twice: as a nested file and as numbers.
    if (spent > 2 * source.size()) {
      throw new Refusal("its arrays have more bytes together than the file; save each but once");
    }
  }

  private static List<Long> axes(Object value) {
    List<Long> axes = new ArrayList<>();
    if (value instanceof PickleValue.Tuple tuple && tuple.items().size() <= 2) {
      for (Object item : tuple.items()) {
        if (item instanceof Long axis && axis >= 0 && axis <= Integer.MAX_VALUE) {
          axes.add(axis);
        }
      }
    }
    if (axes.isEmpty()
        || !(value instanceof PickleValue.Tuple tuple)
        || axes.size() != tuple.items().size()) {
      throw new Refusal("an array has a shape other than (numbers) or (candidates, numbers)");
    }
    return axes;
  }
}
