package io.github.gill.spi;

import java.util.Arrays;

/**
 * Rows of fp32 numbers on the heap.
 *
 * @param rows the number of rows, at least 1
 * @param columns the length of each row, at least 1
 * @param values the numbers in row-major order, rows × columns of them; shared, not copied: nobody
 *     writes to it after construction
 */
@SuppressWarnings("ArrayRecordComponent") // Handed between modules once; copying buys nothing.
public record Matrix(int rows, int columns, float[] values) {

  /** Checks the sizes. */
  public Matrix {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException(
          "the matrix is %d × %d; give it a row and a column at least".formatted(rows, columns));
    }
    if (values.length != Math.multiplyExact(rows, columns)) {
      throw new IllegalArgumentException(
          "%d numbers for a matrix of %d × %d; give it %d"
              .formatted(values.length, rows, columns, rows * columns));
    }
  }

  /**
   * Copies one row.
   *
   * @param row the row's index from 0
   * @return its numbers
   */
  public float[] row(int row) {
    return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
  }
}
