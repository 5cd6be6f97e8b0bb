package io.github.gill.retrieval;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How well decisions agree with labels.
 *
 * @param confusion for each true label (row) how often each label was decided (column), over all
 *     held-out examples
 * @param foldMacroF1 the macro F1 of each fold
 * @param threshold the probability from which to retrieve, chosen over all folds; one half where it
 *     is not chosen or there are three labels
 * @param calibrationError the expected calibration error over ten bins: by how much the probability
 *     of the most probable label differs from how often it is right, 0 to 1
 */
public record DecisionReport(
    List<List<Integer>> confusion,
    List<Double> foldMacroF1,
    float threshold,
    double calibrationError) {

  /** Copies the lists. */
  public DecisionReport {
    confusion = confusion.stream().map(List::copyOf).toList();
    foldMacroF1 = List.copyOf(foldMacroF1);
  }

  /**
   * Returns the mean over labels of F1, the harmonic mean of precision and recall, over all
   * held-out examples together.
   *
   * @return 0 to 1
   */
  public double macroF1() {
    return macroF1(
        confusion.stream()
            .map(row -> row.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new));
  }

  /**
   * Returns how often the decision is the label.
   *
   * @return 0 to 1
   */
  public double accuracy() {
    double right = IntStream.range(0, confusion.size()).map(c -> confusion.get(c).get(c)).sum();
    return right / confusion.stream().flatMap(List::stream).mapToInt(Integer::intValue).sum();
  }

  /** Macro F1 of a confusion matrix; a label that neither occurs nor is decided counts as 0. */
  static double macroF1(int[][] confusion) {
    double sum = 0;
    for (int c = 0; c < confusion.length; c++) {
      int column = c;
      int decided = IntStream.range(0, confusion.length).map(r -> confusion[r][column]).sum();
      int labelled = IntStream.of(confusion[c]).sum();
      sum += decided + labelled == 0 ? 0 : 2.0 * confusion[c][c] / (decided + labelled);
    }
    return sum / confusion.length;
  }
}
