/**
 * Finds pictures for {@code [IMG]} states and decides between finding and generating (sections 3.3
 * and 3.4 of the paper).
 *
 * <p>gill-core opens {@link io.github.gill.retrieval.TorchRetrieverProvider}. A search goes from
 * states through {@link io.github.gill.retrieval.RetrievalHeads} (a query of unit length) and
 * {@link io.github.gill.retrieval.CandidateIndex} (exact scores of all candidates) to a fetch of
 * the best candidate's file or URL; what is fetched from the network is limited as {@link
 * io.github.gill.NetworkPolicy} says and never comes from private addresses. {@link
 * io.github.gill.retrieval.DecisionHead} weighs finding against generating.
 *
 * <p>To build a collection of your own, start at {@link
 * io.github.gill.retrieval.CandidateIndexBuilder} (a folder of pictures) or {@link
 * io.github.gill.retrieval.CandidateIndexWriter} (keys that exist). To train a decision head, start
 * at {@link io.github.gill.retrieval.DecisionTraining}.
 */
@NullMarked
package io.github.gill.retrieval;

import org.jspecify.annotations.NullMarked;
