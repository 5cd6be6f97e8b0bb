package io.github.gill.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A tensor as tests make it. */
@SuppressWarnings("ArrayRecordComponent") // Compared by content where it matters.
record Sample(TensorInfo info, byte[] content) {

  static Sample random(TensorType type, Random random, Long... shape) {
    TensorInfo info = new TensorInfo(type, List.of(shape));
    byte[] content = new byte[(int) info.bytes()];
    random.nextBytes(content);
    return new Sample(info, content);
  }

  static Sample floats(float... values) {
    ByteBuffer content = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    content.asFloatBuffer().put(values);
    return new Sample(
        new TensorInfo(TensorType.F32, List.of((long) values.length)), content.array());
  }

  /**
   * One tensor of every type, a scalar, an empty one, and odd sizes that leave others unaligned.
   */
  static Map<String, Sample> everyKind(long seed) {
    Random random = new Random(seed);
    Map<String, Sample> samples = new LinkedHashMap<>();
    samples.put("scalar", random(TensorType.F32, random));
    samples.put("model.decoder.empty", random(TensorType.F16, random, 0L, 3L));
    for (TensorType type : TensorType.values()) {
      samples.put(
          "layers." + type.name().toLowerCase(java.util.Locale.ROOT),
          random(type, random, 1L + random.nextInt(5), 1L + random.nextInt(7)));
    }
    samples.put("名前", random(TensorType.BF16, random, 3L, 1L, 2L));
    return samples;
  }
}
