package io.github.gill.spi;

import io.github.gill.Decision;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds pictures in a collection and decides between finding and generating (sections 3.3 and 3.4
 * of the paper).
 *
 * <p>Called by one thread at a time, but for {@link #fetch}, which any thread may call.
 */
public interface Retriever extends AutoCloseable {

  /**
   * A picture of the collection.
   *
   * @param index its position in the collection from 0
   * @param path a file relative to the model folder, an absolute file or an http(s) URL
   * @param score exp(logit_scale) · cosine of its key and the query
   */
  record Candidate(int index, String path, float score) {}

  /**
   * What the decision head says.
   *
   * @param decision the most probable label
   * @param generate the probability that a new picture serves better, 0 to 1
   * @param retrieve the probability that a found picture serves better, 0 to 1
   */
  record Verdict(Decision decision, float generate, float retrieve) {}

  /**
   * Computes the retrieval query.
   *
   * @param states last hidden states at the {@code [IMG]} positions, r × D; only the first counts
   * @return a vector of unit length, {@code ret_emb_dim} numbers
   */
  float[] query(Matrix states);

  /**
   * Computes a picture's retrieval key, with which generated pictures are ranked.
   *
   * @param pooled CLIP's {@code pooler_output} for the picture
   * @return a vector of unit length, {@code ret_emb_dim} numbers
   */
  float[] key(float[] pooled);

  /**
   * Returns the collection's size.
   *
   * @return the number of candidates, 0 if the model has none
   */
  int candidates();

  /**
   * Scores every candidate exactly and returns the best.
   *
   * @param query as {@link #query} returns it
   * @param k how many, at least 1
   * @param shown indices already shown in this answer; their scores are lowered by 1000, as in the
   *     original
   * @return at most k candidates by descending score, equal ones by ascending index
   */
  List<Candidate> search(float[] query, int k, Set<Integer> shown);

  /**
   * Reads a candidate's picture.
   *
   * @param candidate as {@link #search} returned it
   * @return the picture
   * @throws io.github.gill.RetrievalException if it is gone, refused, too large or no picture
   */
  BufferedImage fetch(Candidate candidate);

  /**
   * Asks the decision head.
   *
   * @param states last hidden states at the {@code [IMG]} positions, r × D; only the first counts
   * @return its verdict, or null if the model has no decision head
   */
  @Nullable Verdict decide(Matrix states);

  /** Frees weights and candidates. */
  @Override
  void close();

  /** Opens retrievers; found through {@link java.util.ServiceLoader}. */
  interface Provider {

    /**
     * Loads the retrieval heads, the decision head and the candidates, as far as the model has
     * them.
     *
     * @param context the model
     * @return the retriever, which the caller closes
     * @throws io.github.gill.ModelFileException if tensors are missing or do not fit
     * @throws io.github.gill.RetrievalException if candidates cannot be read
     */
    Retriever open(ModelContext context);

    /**
     * Looks at what {@link #open} would load, without loading it.
     *
     * @param context the model
     * @return a report for each network, with problems in words
     */
    default List<PartReport> inspect(ModelContext context) {
      return List.of();
    }
  }
}
