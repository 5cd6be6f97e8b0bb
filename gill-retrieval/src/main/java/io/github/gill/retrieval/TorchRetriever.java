package io.github.gill.retrieval;

import io.github.gill.RetrievalException;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.Retriever;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Retrieval heads, candidates and decision head of one model, as far as it has them. */
final class TorchRetriever implements Retriever {

  private final RetrievalHeads heads;
  private final @Nullable DecisionHead decision;
  private final CandidateFetcher fetcher;
  private final @Nullable CandidateIndex index;

  private TorchRetriever(
      RetrievalHeads heads,
      @Nullable DecisionHead decision,
      CandidateFetcher fetcher,
      @Nullable CandidateIndex index) {
    this.heads = heads;
    this.decision = decision;
    this.fetcher = fetcher;
    this.index = index;
  }

  static TorchRetriever open(ModelContext context) {
    RetrievalHeads heads = RetrievalHeads.read(context);
    DecisionHead decision = DecisionHead.read(context.folder(), context.hiddenSize()).orElse(null);
    CandidateFetcher fetcher =
        new CandidateFetcher(context.folder(), context.limits(), context.network());
    // What must be closed comes last, so that nothing after it can fail.
    CandidateIndex index =
        CandidateIndex.open(context.folder(), heads, context.device()).orElse(null);
    return new TorchRetriever(heads, decision, fetcher, index);
  }

  @Override
  public float[] query(Matrix states) {
    return heads.query(states.row(0));
  }

  @Override
  public float[] key(float[] pooled) {
    return heads.key(pooled);
  }

  @Override
  public int candidates() {
    return index == null ? 0 : index.size();
  }

  @Override
  public List<Candidate> search(float[] query, int k, Set<Integer> shown) {
    if (index == null) {
      throw new RetrievalException(
          "the model has no candidates; put cc3m*.npy into its folder or build an index");
    }
    return index.topK(query, k, shown);
  }

  @Override
  public BufferedImage fetch(Candidate candidate) {
    return fetcher.fetch(candidate.index(), candidate.path());
  }

  @Override
  public @Nullable Verdict decide(Matrix states) {
    if (decision == null) {
      return null;
    }
    float[] state = states.row(0);
    if (!decision.takesTopScore()) {
      return decision.decide(state);
    }
    if (candidates() == 0) {
      return null;
    }
    List<Candidate> best = search(heads.query(state), 1, Set.of());
    float[] features = Arrays.copyOf(state, state.length + 1);
    features[state.length] = best.isEmpty() ? 0 : best.get(0).score();
    return decision.decide(features);
  }

  @Override
  public void close() {
    fetcher.close();
    if (index != null) {
      index.close();
    }
  }
}
