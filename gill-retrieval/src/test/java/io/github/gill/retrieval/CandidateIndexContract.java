package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.Value;
import io.github.gill.spi.Retriever.Candidate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every index of candidates does. */
abstract class CandidateIndexContract {

  @TempDir Path folder;

  /** Makes an index of these keys; their paths are {@code path-0 ä}, {@code path-1 ä}, …. */
  abstract CandidateIndex open(Path folder, float[][] keys, RetrievalHeads heads) throws Exception;

  static String path(int index) {
    return "path-" + index + " ä";
  }

  @Test
  void equalsBruteForceInDoublePrecision() throws Exception {
    long seed = System.nanoTime();
    System.err.println("seed " + seed);
    Random random = new Random(seed);
    int[] counts = {1, 2, 63, 64, 65, 1 + random.nextInt(5000), 20_000 + random.nextInt(20_000)};
    for (int count : counts) {
      int size = 1 + random.nextInt(300);
      float scale = (float) Math.exp(random.nextDouble(-1, 4.6));
      float[][] keys = keys(random, count, size);
      Path place = Files.createDirectory(folder.resolve("n" + count));
      try (CandidateIndex index = open(place, keys, Micro.heads(size, scale))) {
        assertEquals(count, index.size());
        for (int trial = 0; trial < 4; trial++) {
          Set<Integer> shown = new HashSet<>();
          for (int i = random.nextInt(4); i > 0; i--) {
            shown.add(random.nextInt(count));
          }
          float[] query = unit(random, size);
          // What was shown should have been among the best.
          index.topK(query, 2, Set.of()).forEach(best -> shown.add(best.index()));
          int k = trial == 0 ? count + 3 : 1 + random.nextInt(20);
          compare(index, keys, query, scale, k, shown, "seed " + seed + " n " + count);
        }
      }
    }
  }

  private static void compare(
      CandidateIndex index,
      float[][] keys,
      float[] query,
      float scale,
      int k,
      Set<Integer> shown,
      String label) {
    double[] scores = new double[keys.length];
    for (int i = 0; i < keys.length; i++) {
      scores[i] = scale * cosine(keys[i], query) - (shown.contains(i) ? 1000 : 0);
    }
    List<Integer> order =
        IntStream.range(0, keys.length)
            .boxed()
            .filter(i -> !Double.isNaN(scores[i]))
            .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
            .limit(k)
            .toList();
    List<Candidate> found = index.topK(query, k, shown);
    assertEquals(order.size(), found.size(), label);
    // fp32 keys of unit length and fp32 scores.
    double tolerance = 2e-6 * scale + 1000 * (shown.isEmpty() ? 0 : 0x1p-23);
    Set<Integer> distinct = new HashSet<>();
    for (int i = 0; i < found.size(); i++) {
      Candidate candidate = found.get(i);
      assertEquals(scores[order.get(i)], candidate.score(), tolerance, label + " rank " + i);
      assertEquals(scores[candidate.index()], candidate.score(), tolerance, label + " rank " + i);
      assertEquals(path(candidate.index()), candidate.path());
      assertTrue(distinct.add(candidate.index()), label);
      if (i > 0) {
        Candidate before = found.get(i - 1);
        boolean ordered =
            before.score() > candidate.score()
                || (before.score() == candidate.score() && before.index() < candidate.index());
        assertTrue(ordered, label + " rank " + i);
      }
    }
  }

  /** Cosines 4e-7 apart, at a value that 16 bits round up or down by chance. */
  @Test
  void ranksKeysThatAScanConfuses() throws Exception {
    long seed = System.nanoTime();
    System.err.println("seed " + seed);
    Random random = new Random(seed);
    for (int trial = 0; trial < 8; trial++) {
      float[] query = unit(random, 8);
      List<Integer> ranks = new ArrayList<>(IntStream.range(0, 500).boxed().toList());
      Collections.shuffle(ranks, random);
      float[][] keys = new float[ranks.size()][];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = atCosine(0.75 + 0x1p-12 - 4e-7 * ranks.get(i), query, random);
      }
      Path place = Files.createDirectory(folder.resolve("t" + trial));
      try (CandidateIndex index = open(place, keys, Micro.heads(8, 1))) {
        List<Integer> found =
            index.topK(query, 5, Set.of()).stream().map(best -> ranks.get(best.index())).toList();
        assertEquals(List.of(0, 1, 2, 3, 4), found, "seed " + seed);
      }
    }
  }

  private static float[] atCosine(double cosine, float[] query, Random random) {
    float[] aside = unit(random, query.length);
    double along = 0;
    for (int j = 0; j < query.length; j++) {
      along += (double) aside[j] * query[j];
    }
    double rest = Math.sqrt((1 - cosine * cosine) / (1 - along * along));
    float[] key = new float[query.length];
    for (int j = 0; j < query.length; j++) {
      key[j] = (float) (cosine * query[j] + rest * (aside[j] - along * query[j]));
    }
    return key;
  }

  @Test
  void ordersEqualKeysByIndex() throws Exception {
    float[][] keys = new float[500][];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = i % 2 == 0 ? new float[] {0.6f, 0.8f, 0.1f} : new float[] {-1, 2, 3};
    }
    try (CandidateIndex index = open(folder, keys, Micro.heads(3, 10))) {
      List<Candidate> best =
          index.topK(RetrievalHeads.normalised(new float[] {3, 4, 0}), 4, Set.of(2));
      assertEquals(List.of(0, 4, 6, 8), best.stream().map(Candidate::index).toList());
    }
  }

  @Test
  void neverFindsKeysWithoutDirection() throws Exception {
    float[][] keys = {
      {0, 0},
      {Float.NaN, 1},
      {-1, 0},
      {Float.POSITIVE_INFINITY, 0},
      {-1, 1},
      {1e-40f, 1e-40f},
      {3e38f, 3e38f}
    };
    try (CandidateIndex index = open(folder, keys, Micro.heads(2, 1))) {
      assertEquals(7, index.size());
      List<Candidate> best = index.topK(new float[] {1, 0}, 7, Set.of());
      assertEquals(List.of(5, 6, 4, 2), best.stream().map(Candidate::index).toList());
      assertEquals(-1, best.get(3).score(), 1e-6);
      assertEquals(Math.sqrt(0.5), best.get(0).score(), 1e-4);
    }
  }

  @Test
  void lowersTheScoresOfShownCandidates() throws Exception {
    float[][] keys = {{1, 0}, {0.9f, 0.1f}, {0, 1}};
    try (CandidateIndex index = open(folder, keys, Micro.heads(2, 5))) {
      List<Candidate> best = index.topK(new float[] {1, 0}, 3, Set.of(0, 2));
      assertEquals(List.of(1, 0, 2), best.stream().map(Candidate::index).toList());
      assertEquals(-995, best.get(1).score(), 1e-3);
    }
  }

  @Test
  void givesConcurrentCallersTheSameAnswers() throws Exception {
    Random random = new Random(5);
    float[][] keys = keys(random, 3000, 32);
    List<float[]> queries = IntStream.range(0, 25).mapToObj(i -> unit(random, 32)).toList();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (CandidateIndex index = open(folder, keys, Micro.heads(32, 12))) {
      long alive = Value.alive();
      List<List<Candidate>> alone = queries.stream().map(q -> index.topK(q, 7, Set.of(1))).toList();
      List<Future<List<List<Candidate>>>> together = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        together.add(
            threads.submit(() -> queries.stream().map(q -> index.topK(q, 7, Set.of(1))).toList()));
      }
      for (Future<List<List<Candidate>>> answer : together) {
        assertEquals(alone, answer.get());
      }
      assertEquals(alive, Value.alive());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void refusesWrongArguments() throws Exception {
    try (CandidateIndex index = open(folder, new float[][] {{1, 0}, {0, 1}}, Micro.heads(2, 1))) {
      refuses("3 numbers, the keys have 2", () -> index.topK(new float[3], 1, Set.of()));
      refuses("length is 2.0", () -> index.topK(new float[] {2, 0}, 1, Set.of()));
      refuses("length is NaN", () -> index.topK(new float[] {Float.NaN, 0}, 1, Set.of()));
      refuses("k is 0", () -> index.topK(new float[] {1, 0}, 0, Set.of()));
      refuses("candidate 2 of 2", () -> index.topK(new float[] {1, 0}, 1, Set.of(2)));
      refuses("candidate -1", () -> index.topK(new float[] {1, 0}, 1, Set.of(-1)));
      assertThrows(IndexOutOfBoundsException.class, () -> index.path(2));
      assertThrows(IndexOutOfBoundsException.class, () -> index.path(-1));
    }
  }

  private static void refuses(String message, org.junit.jupiter.api.function.Executable call) {
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, call);
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  @Test
  void freesEverythingWhenClosed() throws Exception {
    long alive = Value.alive();
    CandidateIndex index = open(folder, new float[][] {{1, 0}}, Micro.heads(2, 1));
    index.close();
    index.close();
    assertEquals(alive, Value.alive());
    IllegalStateException closed =
        assertThrows(
            IllegalStateException.class, () -> index.topK(new float[] {1, 0}, 1, Set.of()));
    assertEquals("the candidates are closed", closed.getMessage());
    assertThrows(IllegalStateException.class, () -> index.path(0));
    assertFalse(index.size() < 0);
  }

  static float[][] keys(Random random, int count, int size) {
    float[][] keys = new float[count][];
    for (int i = 0; i < count; i++) {
      double length = Math.pow(10, random.nextDouble(-3, 3));
      keys[i] = new float[size];
      for (int j = 0; j < size; j++) {
        keys[i][j] = (float) (length * random.nextGaussian());
      }
      int kind = random.nextInt(50);
      if (kind == 0) {
        keys[i] = new float[size];
      } else if (kind == 1) {
        keys[i][random.nextInt(size)] = Float.NaN;
      } else if (kind == 2 && i > 0) {
        keys[i] = keys[random.nextInt(i)].clone();
      }
    }
    return keys;
  }

  static float[] unit(Random random, int size) {
    float[] query = new float[size];
    for (int i = 0; i < size; i++) {
      query[i] = (float) random.nextGaussian();
    }
    return RetrievalHeads.normalised(query);
  }

  private static double cosine(float[] key, float[] query) {
    double product = 0;
    double squares = 0;
    for (int i = 0; i < key.length; i++) {
      product += (double) key[i] * query[i];
      squares += (double) key[i] * key[i];
    }
    return product / Math.sqrt(squares);
  }
}
