package io.github.gill.checkpoint;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes pickles instruction by instruction, honest and otherwise. */
final class Pickler {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  static Pickler protocol(int version) {
    return new Pickler().op(0x80, version);
  }

  Pickler op(int... codes) {
    for (int code : codes) {
      bytes.write(code);
    }
    return this;
  }

  Pickler ops(String codes) {
    bytes.writeBytes(codes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Pickler text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return op('X').u32(utf8.length).raw(utf8);
  }

  Pickler global(String module, String name) {
    return ops("c" + module + "\n" + name + "\n");
  }

  Pickler integer(long value) {
    if (value == (int) value) {
      return op('J').u32((int) value);
    }
    byte[] big = BigInteger.valueOf(value).toByteArray();
    op(0x8a, big.length);
    for (int i = big.length - 1; i >= 0; i--) {
      op(big[i]);
    }
    return this;
  }

  Pickler integers(Iterable<Long> values) {
    op('(');
    values.forEach(this::integer);
    return op('t');
  }

  Pickler u32(int value) {
    return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  Pickler u64(long value) {
    return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  Pickler raw(byte[] raw) {
    bytes.writeBytes(raw);
    return this;
  }

  /** Writes a storage as torch.save does: an id that the archive resolves. */
  Pickler storage(String type, String key, long elements) {
    return op('(')
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .integer(elements)
        .ops("tQ");
  }

  /** Writes a storage's id with a sixth element, as the older sequence of pickles has it. */
  Pickler legacyStorage(String type, String key, long elements) {
    return op('(')
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .integer(elements)
        .ops("NtQ");
  }

  /** Makes a tensor of the storage that {@code storage} writes. */
  Pickler tensor(
      java.util.function.Consumer<Pickler> storage,
      long offset,
      Iterable<Long> shape,
      Iterable<Long> strides) {
    global("torch._utils", "_rebuild_tensor_v2").op('(');
    storage.accept(this);
    return integer(offset)
        .integers(shape)
        .integers(strides)
        .op(0x89)
        .global("collections", "OrderedDict")
        .ops(")RtR");
  }

  byte[] stop() {
    return op('.').bytes.toByteArray();
  }
}
