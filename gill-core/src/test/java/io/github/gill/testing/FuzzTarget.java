package io.github.gill.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A parser of bytes from outside, and what it promises for whatever bytes.
 *
 * @param name a word that folders can be called by
 * @param parser what reads the bytes
 * @param refusals the exceptions it may throw; anything else is a defect
 * @param multiple how many bytes it may allocate for each byte read, beyond 16 MiB
 * @param seeds small inputs that it takes
 */
public record FuzzTarget(
    String name,
    Parser parser,
    List<Class<? extends Throwable>> refusals,
    int multiple,
    List<byte[]> seeds) {

  /** What any input may cost in bytes allocated. */
  private static final long FLOOR = 16L << 20;

  /** What a MiB of input may cost in processor time, and what any input may cost besides. */
  private static final long NANOS = 1_000_000_000;

  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Reads bytes. */
  @FunctionalInterface
  public interface Parser {
    /** Reads everything that an application would look at. */
    void parse(byte[] input) throws Throwable;
  }

  /** Describes a parser whose seeds are texts. */
  public static FuzzTarget ofTexts(
      String name,
      Parser parser,
      Class<? extends Throwable> refusal,
      int multiple,
      String... seeds) {
    List<byte[]> bytes =
        Arrays.stream(seeds).map(seed -> seed.getBytes(StandardCharsets.UTF_8)).toList();
    return new FuzzTarget(name, parser, List.of(refusal), multiple, bytes);
  }

  /**
   * Parses an input in this thread.
   *
   * @throws AssertionError if a promise is broken
   */
  public void check(byte[] input) {
    String cost = cost(input);
    // Once more, because the first use of a class costs its loading.
    if (cost != null) {
      cost = cost(input);
    }
    if (cost != null) {
      throw new AssertionError("%s %s for %d bytes".formatted(name, cost, input.length));
    }
  }

  /** Parses an input and says what is too much of it, or nothing. */
  private String cost(byte[] input) {
    long allocated = THREAD.getCurrentThreadAllocatedBytes();
    long begun = THREAD.getCurrentThreadCpuTime();
    try {
      parser.parse(input);
    } catch (Throwable e) {
      if (refusals.stream().noneMatch(refusal -> refusal.isInstance(e))) {
        throw new AssertionError(name + " answers with " + e, e);
      }
    }
    long nanos = THREAD.getCurrentThreadCpuTime() - begun;
    long bytes = THREAD.getCurrentThreadAllocatedBytes() - allocated;
    if (nanos > NANOS + ((NANOS * input.length) >> 20)) {
      return "takes %d ms".formatted(nanos / 1_000_000);
    }
    return bytes > FLOOR + (long) multiple * input.length
        ? "allocates %d bytes".formatted(bytes)
        : null;
  }

  @Override
  public String toString() {
    return name;
  }
}
