package io.github.gill.examples.eval.data;

import java.util.Arrays;
import java.util.List;

/** What people say a prompt is served better by. */
public enum Vote {
  /** A new picture. */
  GENERATE,
  /** A found picture. */
  RETRIEVE,
  /** Neither, or they do not agree. */
  SAME;

  /**
   * Counts votes as the paper does: one side wins with four of five votes, or with three against at
   * most one.
   *
   * @param votes {@code gen}, {@code ret} or {@code same}, separated by commas; a single one is the
   *     result
   * @return the result
   * @throws IllegalArgumentException if a vote is something else
   */
  public static Vote of(String votes) {
    List<Vote> all = Arrays.stream(votes.strip().split(",", -1)).map(Vote::single).toList();
    if (all.size() == 1) {
      return all.get(0);
    }
    long generate = all.stream().filter(GENERATE::equals).count();
    long retrieve = all.stream().filter(RETRIEVE::equals).count();
    if (generate >= 4 || (generate == 3 && retrieve <= 1)) {
      return GENERATE;
    }
    return retrieve >= 4 || (retrieve == 3 && generate <= 1) ? RETRIEVE : SAME;
  }

  /**
   * Returns the label that a decision head learns for it.
   *
   * @return 0 = generate, 1 = retrieve, 2 = same
   */
  public int label() {
    return switch (this) {
      case GENERATE -> 0;
      case RETRIEVE -> 1;
      case SAME -> 2;
    };
  }

  private static Vote single(String vote) {
    return switch (vote.strip()) {
      case "gen" -> GENERATE;
      case "ret" -> RETRIEVE;
      case "same" -> SAME;
      default ->
          throw new IllegalArgumentException(
              "a vote is \"" + vote.strip() + "\"; use gen, ret or same");
    };
  }
}
