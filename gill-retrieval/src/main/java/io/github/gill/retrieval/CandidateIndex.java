package io.github.gill.retrieval;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.spi.Retriever.Candidate;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keys and paths of the pictures that can be retrieved.
 *
 * <p>Implementations are thread-safe. Scores are exact: the same as if every candidate's cosine
 * were computed in fp64 from its fp32 key. Candidates whose key has no direction (zero, infinite or
 * NaN) are never found.
 */
public interface CandidateIndex extends AutoCloseable {

  /**
   * Opens the candidates of a model folder: the index that {@link CandidateIndexWriter} put under
   * {@code retrieval/}, or else the original's {@code cc3m*.npy} in the order of their names.
   *
   * <p>The original takes several such files in whatever order the file system lists them; sorted,
   * a candidate keeps its index from one machine to the next.
   *
   * @param folder the model folder
   * @param heads the model's retrieval heads, which the keys must fit
   * @return the candidates, which the caller closes; empty if the folder has none
   * @throws io.github.gill.RetrievalException if the keys belong to another model
   * @throws io.github.gill.ModelFileException if a file is damaged
   */
  static Optional<CandidateIndex> open(Path folder, RetrievalHeads heads) {
    return open(folder, heads, ComputeDevice.CPU);
  }

  /**
   * Opens the candidates of a model folder to be scanned on a device.
   *
   * @param folder the model folder
   * @param heads the model's retrieval heads, which the keys must fit
   * @param device where the keys are kept in fp16, 2 bytes for each number; scores are exact, from
   *     fp32 keys on the CPU, wherever that is
   * @return the candidates, which the caller closes; empty if the folder has none
   * @throws io.github.gill.RetrievalException if the keys belong to another model
   * @throws io.github.gill.ModelFileException if a file is damaged
   * @throws io.github.gill.InsufficientMemoryException if the device's memory runs out
   */
  static Optional<CandidateIndex> open(Path folder, RetrievalHeads heads, ComputeDevice device) {
    return CandidateFolder.open(folder, heads, device);
  }

  /**
   * Returns how many candidates there are.
   *
   * @return their number, those included that are never found
   */
  int size();

  /**
   * Returns where a candidate's picture is.
   *
   * @param index the candidate's index from 0
   * @return its path or URL as its file has it, unchecked
   * @throws IndexOutOfBoundsException if there is no such candidate
   */
  String path(int index);

  /**
   * Finds the best candidates.
   *
   * @param query a vector of unit length, as long as the keys
   * @param k how many, at least 1
   * @param shown indices of candidates whose score is lowered by 1000
   * @return at most k candidates by descending score, equal ones by ascending index
   * @throws IllegalArgumentException if the query is no unit vector of that length, k is not
   *     positive or an index in {@code shown} is out of range
   */
  List<Candidate> topK(float[] query, int k, Set<Integer> shown);

  /** Waits for searches that are under way and frees the keys. Does nothing the second time. */
  @Override
  void close();
}
