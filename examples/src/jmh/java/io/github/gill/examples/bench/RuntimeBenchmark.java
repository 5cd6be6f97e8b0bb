package io.github.gill.examples.bench;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What crossing into the engine costs: calls, and numbers on their way in and out. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class RuntimeBenchmark {

  private static final String SOURCE =
      """
      def same(self: __torch__.Net, x: Tensor) -> Tensor:
        return x
      """;

  private final float[] hidden = new float[768];
  private final float[] picture = new float[3 * 224 * 224];
  private Program program;
  private Scope outer;
  private Value logits;

  /** Compiles the program and makes the numbers. */
  @Setup
  public void open() {
    Random random = new Random(1);
    for (int i = 0; i < picture.length; i++) {
      picture[i] = random.nextFloat();
    }
    program = Program.compile("same", SOURCE);
    outer = new Scope();
    logits = outer.floats(new float[50_274], 50_274);
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    outer.close();
    program.close();
  }

  /** One call with a tensor in and out. */
  @Benchmark
  public void call() {
    try (Scope scope = new Scope()) {
      program.call(scope, "same", logits);
    }
  }

  /** A token's hidden state into a tensor. */
  @Benchmark
  public void copyHiddenStateIn() {
    try (Scope scope = new Scope()) {
      scope.floats(hidden, hidden.length);
    }
  }

  /** A picture's pixels into a tensor. */
  @Benchmark
  public void copyPictureIn() {
    try (Scope scope = new Scope()) {
      scope.floats(picture, 3, 224, 224);
    }
  }

  /** Logits of the whole vocabulary out of a tensor. */
  @Benchmark
  public float[] copyLogitsOut() {
    return logits.toFloats();
  }
}
