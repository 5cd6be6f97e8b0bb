package io.github.gill.examples.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.examples.eval.EvaluationData.Voted;
import io.github.gill.examples.eval.data.Vote;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecisionRecipesTest {

  private static List<Voted> items(int generate, int retrieve) {
    List<Voted> items = new ArrayList<>();
    for (int i = 0; i < generate + retrieve; i++) {
      items.add(new Voted("" + i, "" + i, i < generate ? Vote.GENERATE : Vote.RETRIEVE));
    }
    return items;
  }

  /** The state says nothing, the score everything. */
  private static DecisionFeatures features(String prompt, OptionalDouble score) {
    Random random = new Random(Long.parseLong(prompt) + 7);
    float[] state = new float[8];
    for (int i = 0; i < state.length; i++) {
      state[i] = (float) random.nextGaussian();
    }
    return new DecisionFeatures(state, score);
  }

  @Test
  void usesTheScoreOnlyWhereItIsAskedFor() {
    DecisionRecipes recipes =
        new DecisionRecipes(
            items(30, 20),
            prompt -> features(prompt, OptionalDouble.of(Integer.parseInt(prompt) < 30 ? -1 : 1)),
            1);
    assertEquals(3, recipes.names().size());
    assertEquals(15, recipes.foldScores(DecisionRecipes.OWN).size());
    assertTrue(mean(recipes.foldScores(DecisionRecipes.OWN)) < 0.7);
    assertTrue(mean(recipes.foldScores(DecisionRecipes.WITH_SCORE)) > 0.95);
  }

  @Test
  void saysWhatIsMissing() {
    assertTrue(
        new DecisionRecipes(items(9, 4), p -> features(p, OptionalDouble.empty()), 1)
            .names()
            .isEmpty());
    DecisionRecipes recipes =
        new DecisionRecipes(items(9, 9), p -> features(p, OptionalDouble.empty()), 1);
    Tasks.Unmeasured refusal =
        assertThrows(Tasks.Unmeasured.class, () -> recipes.foldScores(DecisionRecipes.WITH_SCORE));
    assertEquals("the model has no candidates to score", refusal.getMessage());
  }

  private static double mean(List<Double> scores) {
    return scores.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
