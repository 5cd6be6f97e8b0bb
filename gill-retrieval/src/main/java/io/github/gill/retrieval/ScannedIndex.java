package io.github.gill.retrieval;

import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.Retriever.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Candidates found by reading all keys once, in 16 or 8 bits, and scoring exactly whatever can be
 * among the best.
 *
 * <p>No rough cosine is further from the true one than {@link KeyStore#error}. Everything within
 * twice that of the k-th rough cosine is scored from the fp32 keys, so no candidate is missed, and
 * reading a half or a quarter of the bytes takes that part of the time. The rounded keys may lie on
 * a CUDA device; the fp32 keys stay on the CPU, where the few that count are scored.
 */
final class ScannedIndex implements CandidateIndex {

  /** What the original takes from the scores of pictures it has shown. */
  static final double PENALTY = 1000;

  private static final double UNIT_TOLERANCE = 1e-3;

  private final Program program;
  private final KeyStore keys;
  private final PathTable paths;
  private final float scale;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * Makes an index.
   *
   * @param program {@code candidates.py}; closed with the index
   * @param keys the keys; closed with the index
   * @param paths as many paths as keys
   * @param scale exp(logit_scale)
   */
  ScannedIndex(Program program, KeyStore keys, PathTable paths, float scale) {
    this.program = program;
    this.keys = keys;
    this.paths = paths;
    this.scale = scale;
  }

  static Program loadProgram() {
    return Program.load(ScannedIndex.class, "candidates.py");
  }

  @Override
  public int size() {
    return keys.rows();
  }

  @Override
  public String path(int index) {
    return locked(() -> paths.get(index));
  }

  @Override
  public List<Candidate> topK(float[] query, int k, Set<Integer> shown) {
    check(query, k, shown);
    return locked(() -> keys.rows() == 0 ? List.of() : search(query, k, shown));
  }

  private List<Candidate> search(float[] query, int k, Set<Integer> shown) {
    try (Scope scope = new Scope()) {
      long[] lowered = shown.stream().mapToLong(Integer::longValue).toArray();
      List<Value> best =
          program
              .call(
                  scope,
                  "best",
                  keys.exact(),
                  keys.coarse(),
                  scope.floats(query, query.length),
                  (double) scale,
                  keys.rows(),
                  Math.min(k, keys.rows()),
                  keys.lost(),
                  scope.longs(lowered, lowered.length),
                  PENALTY,
                  keys.error())
              .elements(scope);
      long[] indices = best.get(0).toLongs();
      float[] scores = best.get(1).toFloats();
      List<Candidate> candidates = new ArrayList<>(indices.length);
      for (int i = 0; i < indices.length; i++) {
        int index = (int) indices[i];
        candidates.add(new Candidate(index, paths.get(index), scores[i]));
      }
      return candidates;
    }
  }

  private void check(float[] query, int k, Set<Integer> shown) {
    if (query.length != keys.columns()) {
      throw new IllegalArgumentException(
          "the query has " + query.length + " numbers, the keys have " + keys.columns());
    }
    double squares = 0;
    for (float x : query) {
      squares += (double) x * x;
    }
    if (!(Math.abs(squares - 1) <= 2 * UNIT_TOLERANCE)) {
      throw new IllegalArgumentException(
          "the query's length is " + Math.sqrt(squares) + ", must be 1; normalise it");
    }
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + ", must be at least 1");
    }
    for (int index : shown) {
      if (index < 0 || index >= keys.rows()) {
        throw new IllegalArgumentException("shown has candidate " + index + " of " + keys.rows());
      }
    }
  }

  private <T> T locked(java.util.function.Supplier<T> work) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the candidates are closed");
      }
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        keys.close();
        program.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
