package io.github.gill.retrieval;

/**
 * Normalised keys in chunks, exactly and in 16 bits, as {@code candidates.py} takes them.
 *
 * @param exact a dictionary of {@code keys.0}, {@code keys.1}, …: n × R in fp32
 * @param coarse a dictionary of {@code coarse.0}, …: the same in fp16
 * @param chunks how many of each
 * @param rows N, how many keys in all
 * @param columns R, the length of a key
 * @param release frees both
 */
record KeyStore(Object exact, Object coarse, int chunks, int rows, int columns, Runnable release)
    implements AutoCloseable {

  /** How many numbers a chunk has at most: 16 MiB in fp32. */
  private static final int CHUNK = 1 << 22;

  /** The largest number of keys in a chunk. */
  static int chunkRows(int columns) {
    return Math.max(64, CHUNK / columns);
  }

  @Override
  public void close() {
    release.run();
  }
}
