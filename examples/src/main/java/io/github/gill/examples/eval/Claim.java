package io.github.gill.examples.eval;

import io.github.gill.examples.eval.metrics.Interval;
import java.util.List;
import java.util.Locale;

/**
 * A claim of the paper and what the figures say to it.
 *
 * @param question the claim as a question
 * @param paper what the paper says
 * @param here the same figures here
 * @param evidence differences that are above 0 where the claim is right
 */
record Claim(String question, String paper, String here, List<Evidence> evidence) {

  /** The p value from which a difference counts as chance. */
  private static final double ALPHA = 0.05;

  /** Copies the list. */
  Claim {
    evidence = List.copyOf(evidence);
  }

  /**
   * One comparison.
   *
   * @param words what is compared, for example {@code stories: 5 captions instead of 1}
   * @param interval the mean difference and its 95% interval
   * @param p the p value of a paired test, or NaN where there is none
   */
  record Evidence(String words, Interval interval, double p) {

    Verdict verdict() {
      if (p >= ALPHA) {
        return Verdict.UNDECIDED;
      }
      return interval.low() > 0
          ? Verdict.YES
          : interval.high() < 0 ? Verdict.NO : Verdict.UNDECIDED;
    }

    /** The difference with its interval and, where there is one, its p value. */
    String figure() {
      String test =
          Double.isNaN(p)
              ? ""
              : p < 0.001 ? ", p < 0.001" : String.format(Locale.ROOT, ", p = %.3f", p);
      return String.format(
              Locale.ROOT,
              "%+.3f (95%%: %+.3f to %+.3f, n = %d%s)",
              interval.mean(),
              interval.low(),
              interval.high(),
              interval.n(),
              test)
          .replace('-', '−');
    }
  }

  /** What figures say. */
  enum Verdict {
    YES("shown", "shown here too"),
    PARTLY("shown in part", "in part"),
    UNDECIDED("not shown", "not shown"),
    NO("the other way round", "the other way round here");

    private final String word;
    private final String tally;

    Verdict(String word, String tally) {
      this.word = word;
      this.tally = tally;
    }

    /** What stands behind a number of claims. */
    String tally() {
      return tally;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** Yes or no where every comparison says so. */
  Verdict verdict() {
    List<Verdict> all = evidence.stream().map(Evidence::verdict).distinct().toList();
    if (all.size() == 1) {
      return all.get(0);
    }
    return all.contains(Verdict.YES)
        ? Verdict.PARTLY
        : all.contains(Verdict.NO) ? Verdict.NO : Verdict.UNDECIDED;
  }

  /** The verdict in a sentence or two. */
  String words() {
    long yes = evidence.stream().filter(e -> e.verdict() == Verdict.YES).count();
    long no = evidence.stream().filter(e -> e.verdict() == Verdict.NO).count();
    int all = evidence.size();
    String opposite = no == 0 ? "" : ", and in " + no + " it is the other way round";
    return switch (verdict()) {
      case YES ->
          "Yes"
              + (all == 1
                  ? "."
                  : all == 2 ? ", in both comparisons." : ", in all " + all + " comparisons.");
      case PARTLY ->
          "In part: in %d of %d comparisons%s%s."
              .formatted(
                  yes,
                  all,
                  opposite,
                  yes + no == all ? "" : "; in " + (all - yes - no) + " it is not shown");
      case UNDECIDED ->
          "Not shown: %s no larger than chance could make."
              .formatted(all == 1 ? "the difference is" : "the differences are");
      case NO ->
          "No, the miniature disagrees with the paper: in %d of %d comparisons it is the other way"
                  .formatted(no, all)
              + " round.";
    };
  }
}
