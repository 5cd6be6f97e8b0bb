package io.github.gill.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a file of {@code torch.save} may name: tensors, their storages and ordered dictionaries. */
class TorchObjects implements PickleObjects {

  private static final int MAX_AXES = 32;

  /** A name on the list. */
  private enum Function {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER,
    SET
  }

  private static final Map<String, Object> GLOBALS =
      Map.ofEntries(
          Map.entry("collections.OrderedDict", Function.ORDERED_DICT),
          Map.entry("torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR),
          Map.entry("torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER),
          Map.entry("builtins.set", Function.SET),
          Map.entry("__builtin__.set", Function.SET),
          Map.entry("torch.DoubleStorage", TensorType.F64),
          Map.entry("torch.FloatStorage", TensorType.F32),
          Map.entry("torch.HalfStorage", TensorType.F16),
          Map.entry("torch.BFloat16Storage", TensorType.BF16),
          Map.entry("torch.LongStorage", TensorType.I64),
          Map.entry("torch.IntStorage", TensorType.I32),
          Map.entry("torch.CharStorage", TensorType.I8),
          Map.entry("torch.ByteStorage", TensorType.U8),
          Map.entry("torch.UntypedStorage", TensorType.U8),
          Map.entry("torch.storage.UntypedStorage", TensorType.U8),
          Map.entry("torch.BoolStorage", TensorType.BOOL));

  private final Map<String, TorchStorage> storages = new HashMap<>();

  /** Returns the storages that were named, by key. */
  final Map<String, TorchStorage> storages() {
    return storages;
  }

  @Override
  public Object global(String module, String name) {
    return PickleObjects.listed(
        GLOBALS,
        module,
        name,
        "only tensors, dictionaries, lists, numbers and text are read; if you trust the file, "
            + "load it in PyTorch and save its state_dict() alone");
  }

  @Override
  public Object call(Object callable, List<Object> arguments) {
    if (callable == Function.ORDERED_DICT && arguments.isEmpty()) {
      return new LinkedHashMap<>();
    } else if (callable == Function.SET
        && arguments.size() == 1
        && arguments.get(0) instanceof List<?> elements
        && elements.isEmpty()) {
      return new PickleValue.EmptySet();
    } else if (callable == Function.REBUILD_PARAMETER
        && arguments.size() == 3
        && arguments.get(0) instanceof TorchTensor tensor) {
      return tensor;
    } else if (callable == Function.REBUILD_TENSOR
        && arguments.size() >= 6
        && arguments.size() <= 7
        && arguments.get(0) instanceof TorchStorage storage
        && arguments.get(1) instanceof Long offset) {
      TensorInfo info = new TensorInfo(storage.type(), axes(arguments.get(2)));
      return new TorchTensor(storage, offset, info, axes(arguments.get(3)));
    }
    throw new Refusal(
        "calling %s with %d arguments is refused"
            .formatted(PickleValue.kind(callable), arguments.size()));
  }

  @Override
  public void build(Object object, Object state) {
    // state_dict() hangs its version numbers on the dictionary as an attribute.
    if (!(object instanceof LinkedHashMap) || !(state instanceof Map)) {
      throw new Refusal("giving " + PickleValue.kind(object) + " a state (BUILD) is refused");
    }
  }

  @Override
  public Object persistent(Object id) {
    if (!(id instanceof PickleValue.Tuple tuple)
        || tuple.items().size() < 5
        || tuple.items().size() > 6
        || !"storage".equals(tuple.items().get(0))
        || !(tuple.items().get(1) instanceof TensorType type)
        || !(tuple.items().get(2) instanceof String key)
        || !(tuple.items().get(4) instanceof Long elements)
        || elements < 0
        || elements > Long.MAX_VALUE / 8) {
      throw new Refusal("a persistent id is not (\"storage\", type, key, location, count)");
    }
    if (tuple.items().size() == 6 && !(tuple.items().get(5) instanceof PickleValue.None)) {
      throw new Refusal("storages that are views of others, from before PyTorch 0.4, are refused");
    }
    TorchStorage known = storages.computeIfAbsent(key, k -> new TorchStorage(k, type, elements));
    if (known.type() != type || known.elements() != elements) {
      throw new Refusal("storage \"" + key + "\" is described in two ways");
    }
    return known;
  }

  private static List<Long> axes(Object value) {
    if (!(value instanceof PickleValue.Tuple tuple) || tuple.items().size() > MAX_AXES) {
      throw new Refusal("a tensor's shape is " + PickleValue.kind(value));
    }
    List<Long> axes = new ArrayList<>();
    for (Object item : tuple.items()) {
      if (!(item instanceof Long axis) || axis < 0) {
        throw new Refusal("a tensor's shape or strides hold " + PickleValue.kind(item));
      }
      axes.add(axis);
    }
    return axes;
  }
}
