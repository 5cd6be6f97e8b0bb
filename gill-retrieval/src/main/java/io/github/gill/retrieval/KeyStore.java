package io.github.gill.retrieval;

/**
 * Normalised keys, exactly and rounded, as {@code candidates.py} takes them.
 *
 * @param exact a dictionary of {@code keys.0}, {@code keys.1}, …: n × R in fp32
 * @param coarse a dictionary of {@code coarse.0}, …: the same rows in fp16, perhaps on a CUDA
 *     device, or in 8 bits with {@code steps.0}, … beside them, in chunks as large as can be: each
 *     is one parallel loop, and threads wait for each other at its end
 * @param rows N, how many keys in all
 * @param columns R, the length of a key
 * @param lost how many keys have no direction and are zero
 * @param error bounds what {@code coarse} takes from a cosine or adds to it
 * @param release frees both
 */
record KeyStore(
    Object exact, Object coarse, int rows, int columns, int lost, double error, Runnable release)
    implements AutoCloseable {

  /** How many numbers are taken in at a time: 16 MiB in fp32. */
  private static final int BATCH = 1 << 22;

  /** How many numbers a chunk has at most: 1 GiB in fp32, half of what one buffer holds. */
  private static final int CHUNK = 1 << 28;

  /** The largest number of keys to take in at a time. */
  static int batchRows(int columns) {
    return Math.max(64, BATCH / columns);
  }

  /** The largest number of keys in a chunk. */
  static int chunkRows(int columns) {
    return Math.max(64, CHUNK / columns);
  }

  @Override
  public void close() {
    release.run();
  }
}
