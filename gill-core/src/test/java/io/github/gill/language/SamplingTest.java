package io.github.gill.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Torch;
import io.github.gill.runtime.Value;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice of tokens against the original's own steps. */
class SamplingTest {

  private static final int VOCABULARY = 1000;
  private static final int DRAWS = 40;

  private static final String ORIGINAL =
      """
      def choose(self: __torch__.Net, logits: Tensor, temperature: float, top_p: float, random: Generator) -> int:
        logits = logits / temperature
        if top_p < 1.0:
          descending, order = torch.sort(logits, -1, True)
          over = torch.cumsum(torch.softmax(descending, -1), -1) > top_p
          logits[order[1:][over[:-1]]] = -inf
        return int(torch.multinomial(torch.exp(logits), 1, generator=random))
      def to_device(self: __torch__.Net, x: Tensor) -> Tensor:
        return x.to(torch.device("cuda:0"))
      """;

  /** One stream for many draws, so that each takes from it what the original takes. */
  @ParameterizedTest
  @CsvSource({"1.0, 1.0", "0.6, 0.9", "1.5, 0.3", "0.6, 0.001"})
  void drawsTheTokensOfMultinomial(double temperature, double topP) {
    Random random = new Random(1);
    try (Program program = Program.load(LanguageModel.class, "sampling.py");
        Program original = Program.compile("original", ORIGINAL);
        Scope scope = new Scope()) {
      Value ours = program.call(scope, "generator", 11);
      Value theirs = program.call(scope, "generator", 11);
      for (int i = 0; i < DRAWS; i++) {
        Value logits = logits(scope, random);
        assertEquals(
            original.call(scope, "choose", logits, temperature, topP, theirs).toLong(),
            program.call(scope, "choose", logits, temperature, topP, ours).toLong(),
            "draw " + i);
      }
    }
  }

  @Test
  void drawsTheSameTokensOnADevice() {
    assumeTrue(Torch.cudaDevices() > 0, "libtorch has no CUDA device here");
    Random random = new Random(2);
    int equal = 0;
    try (Program program = Program.load(LanguageModel.class, "sampling.py");
        Program original = Program.compile("original", ORIGINAL);
        Scope scope = new Scope()) {
      Value here = program.call(scope, "generator", 11);
      Value there = program.call(scope, "generator", 11);
      for (int i = 0; i < DRAWS; i++) {
        Value logits = logits(scope, random);
        Value moved = original.call(scope, "to_device", logits);
        long token = program.call(scope, "choose", logits, 0.6, 0.9, here).toLong();
        equal += token == program.call(scope, "choose", moved, 0.6, 0.9, there).toLong() ? 1 : 0;
      }
    }
    // A sum may cross top-p at another token.
    assertEquals(DRAWS, equal, 1.0);
  }

  private static Value logits(Scope scope, Random random) {
    float[] logits = new float[VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++) {
      logits[i] = (float) (3 * random.nextGaussian());
    }
    return scope.floats(logits, VOCABULARY);
  }
}
