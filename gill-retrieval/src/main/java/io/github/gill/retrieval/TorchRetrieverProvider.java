package io.github.gill.retrieval;

import io.github.gill.spi.ModelContext;
import io.github.gill.spi.Retriever;

/**
 * Opens the retrieval heads, the decision head and the candidates of a model folder.
 *
 * <p>Candidates are scored on the CPU whatever the model's device.
 */
public final class TorchRetrieverProvider implements Retriever.Provider {

  /** Makes the provider; called by {@link java.util.ServiceLoader}. */
  public TorchRetrieverProvider() {}

  @Override
  public Retriever open(ModelContext context) {
    return TorchRetriever.open(context);
  }
}
