package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.EngineFailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ProgramTest {

  private static final String SOURCE =
      """
      def double_sum(self: __torch__.Net, x: Tensor, times: int) -> Tensor:
        for i in range(times):
          x = x + x
        return x.sum([1])
      def noise(self: __torch__.Net, seed: int, count: int) -> Tensor:
        g = torch.Generator(device=torch.device("cpu"), seed=seed)
        return torch.randn([count], generator=g)
      def as_bfloat16(self: __torch__.Net, x: Tensor) -> Tensor:
        return x.to(15)
      def pair(self: __torch__.Net, x: Tensor) -> Tuple[Tensor, int]:
        return x, len(x.size())
      """;

  @Test
  void computesWhatItsSourceSays() {
    try (Program program = Program.compile("probe", SOURCE);
        Scope scope = new Scope()) {
      Value x = scope.floats(new float[] {1, 2, 3, 4}, 2, 2);
      assertArrayEquals(
          new float[] {12, 28}, program.call(scope, "double_sum", x, 2).toFloats(), 0);
      List<Value> pair = program.call(scope, "pair", x).elements(scope);
      assertArrayEquals(new long[] {2, 2}, pair.get(0).shape());
      assertEquals(2, pair.get(1).toLong());
    }
  }

  /** The first numbers of {@code torch.randn(3, generator=torch.Generator().manual_seed(1337))}. */
  @Test
  void drawsPythonsNoise() {
    try (Program program = Program.compile("probe", SOURCE);
        Scope scope = new Scope()) {
      assertArrayEquals(
          new float[] {-2.0259922f, -2.0655088f, -1.2053628f},
          program.call(scope, "noise", 1337, 3).toFloats(),
          0);
    }
  }

  @Test
  void givesConcurrentCallersTheirOwnNoise() throws Exception {
    try (Program program = Program.compile("probe", SOURCE)) {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try {
        List<Future<float[]>> results = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
          long seed = i % 5;
          results.add(
              threads.submit(
                  () -> {
                    try (Scope scope = new Scope()) {
                      return program.call(scope, "noise", seed, 64).toFloats();
                    }
                  }));
        }
        for (int i = 0; i < results.size(); i++) {
          assertArrayEquals(results.get(i % 5).get(), results.get(i).get(), 0, "call " + i);
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void reportsTheLineOfSourceThatDoesNotCompile() {
    EngineFailureException e =
        assertThrows(
            EngineFailureException.class,
            () ->
                Program.compile(
                    "broken.py", "def f(self: __torch__.Net) -> int:\n  return no_such_name\n"));
    assertTrue(e.getMessage().startsWith("broken.py does not compile"), e.getMessage());
    assertTrue(e.getMessage().contains("no_such_name"), e.getMessage());
  }

  @Test
  void reportsCallsThatDoNotFit() {
    try (Program program = Program.compile("probe", SOURCE);
        Scope scope = new Scope()) {
      Value x = scope.floats(new float[6], 2, 3);
      assertTrue(
          assertThrows(EngineFailureException.class, () -> program.call(scope, "double_sum", 1, 2))
              .getMessage()
              .startsWith("probe.double_sum: "));
      assertThrows(EngineFailureException.class, () -> program.call(scope, "absent", x));
      assertThrows(IllegalArgumentException.class, () -> program.call(scope, "double_sum", x, 'c'));
    }
  }

  @Test
  void refusesToReadTypesThatJavaCannotName() {
    try (Program program = Program.compile("probe", SOURCE);
        Scope scope = new Scope()) {
      Value x = scope.floats(new float[6], 2, 3);
      Value narrow = program.call(scope, "as_bfloat16", x);
      assertThrows(IllegalStateException.class, narrow::toFloats);
      assertThrows(IllegalStateException.class, x::toLongs);
    }
  }

  @Test
  void freesEveryValueOfAScopeButTheDetached() {
    long before = Value.alive();
    Value kept;
    try (Scope scope = new Scope()) {
      scope.floats(new float[4], 4);
      kept = scope.detach(scope.floats(new float[] {7}, 1));
    }
    assertEquals(before + 1, Value.alive());
    assertArrayEquals(new float[] {7}, kept.toFloats(), 0);
    kept.close();
    kept.close();
    assertEquals(before, Value.alive());
  }

  @Test
  void refusesNumbersThatDoNotFillTheShape() {
    try (Scope scope = new Scope()) {
      assertTrue(
          assertThrows(IllegalArgumentException.class, () -> scope.floats(new float[5], 2, 3))
              .getMessage()
              .contains("5 numbers for a tensor of shape (2, 3), which has 6"));
    }
  }
}
