package io.github.gill.checkpoint;

import java.util.List;

/** NumPy's {@code dtype} of one floating-point number; its byte order comes later, as its state. */
final class NumpyType {

  private final TensorType type;

  private NumpyType(TensorType type) {
    this.type = type;
  }

  /** Carries out {@code numpy.dtype("f4", False, True)}. */
  static NumpyType of(List<Object> arguments) {
    Object name = arguments.isEmpty() ? PickleValue.None.INSTANCE : arguments.get(0);
    if (name instanceof String text) {
      switch (text) {
        case "f2", "<f2" -> {
          return new NumpyType(TensorType.F16);
        }
        case "f4", "<f4" -> {
          return new NumpyType(TensorType.F32);
        }
        case "f8", "<f8" -> {
          return new NumpyType(TensorType.F64);
        }
        default ->
            throw new PickleObjects.Refusal(
                "an array has the type \""
                    + text
                    + "\"; save the embeddings as float16, float32 or float64");
      }
    }
    throw new PickleObjects.Refusal("an array's type is " + PickleValue.kind(name));
  }

  /** Checks the state {@code (3, "<", None, None, None, -1, -1, 0)}. */
  void build(Object state) {
    if (!(state instanceof PickleValue.Tuple tuple)
        || tuple.items().size() < 2
        || !(tuple.items().get(1) instanceof String order)) {
      throw new PickleObjects.Refusal("an array type's state is " + PickleValue.kind(state));
    }
    if (order.equals(">")) {
      throw new PickleObjects.Refusal(
          "the arrays are big-endian; save them again on a usual machine");
    }
    for (Object field : tuple.items().subList(2, Math.min(5, tuple.items().size()))) {
      if (!(field instanceof PickleValue.None)) {
        throw new PickleObjects.Refusal("arrays of records are refused; save plain numbers");
      }
    }
  }

  TensorType type() {
    return type;
  }

  @Override
  public String toString() {
    return "an array type";
  }
}
