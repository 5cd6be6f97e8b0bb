package io.github.gill.spi;

import io.github.gill.GillException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Layout;
import io.github.gill.checkpoint.TensorInfo;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one part of a model would load, found without loading it.
 *
 * @param part the part's name for people
 * @param source where its weights are
 * @param device where it would compute
 * @param precision in which type
 * @param weightBytes the memory that its weights take there
 * @param workingBytes what caches and activations take there besides, at usual sizes
 * @param problem why it cannot be loaded, or null if it can
 */
public record PartReport(
    String part,
    String source,
    ComputeDevice device,
    Precision precision,
    long weightBytes,
    long workingBytes,
    @Nullable String problem) {

  /**
   * Adds what the part takes at work.
   *
   * @param bytes of caches and activations at usual sizes
   * @return the same report with them, unless the part cannot be loaded
   */
  public PartReport working(long bytes) {
    return problem == null
        ? new PartReport(part, source, device, precision, weightBytes, bytes, null)
        : this;
  }

  /** Looks at a part; what it throws becomes the problem. */
  @FunctionalInterface
  public interface Look {
    /**
     * Measures the part.
     *
     * @return the memory of its weights
     * @throws GillException if it cannot be loaded
     */
    long weightBytes();
  }

  /**
   * Reports on a part.
   *
   * @param part its name
   * @param source where its weights are
   * @param device where it would compute
   * @param precision in which type
   * @param look measures it or says what is wrong
   * @return the report
   */
  public static PartReport of(
      String part, String source, ComputeDevice device, Precision precision, Look look) {
    try {
      return new PartReport(part, source, device, precision, look.weightBytes(), 0, null);
    } catch (GillException e) {
      return new PartReport(part, source, device, precision, 0, 0, e.getMessage());
    }
  }

  /**
   * Measures what a network's weights take.
   *
   * @param checkpoint its tensors
   * @param layout which of them it needs
   * @param precision the type of floating-point tensors
   * @return bytes
   * @throws io.github.gill.ModelFileException if the tensors do not fit the layout
   */
  public static long weightBytes(Checkpoint checkpoint, Layout layout, Precision precision) {
    return layout.match(checkpoint).values().stream()
        .map(name -> Objects.requireNonNull(checkpoint.tensors().get(name)))
        .mapToLong(info -> weightBytes(info, precision))
        .sum();
  }

  private static long weightBytes(TensorInfo info, Precision precision) {
    return info.type().isFloating() ? info.elements() * precision.bytes() : info.bytes();
  }
}
