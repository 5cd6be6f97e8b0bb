package io.github.gill.spi;

import java.util.List;

/**
 * Turns the language model's states at {@code [IMG0]…[IMGr]} into the conditioning of an image
 * generator (section 3.2 of the paper).
 *
 * <p>Called by one thread at a time.
 */
public interface ConditioningMapper extends AutoCloseable {

  /**
   * Maps one picture's states.
   *
   * @param states last hidden states at the {@code [IMG]} positions, r × D
   * @param embeddings the input embeddings of {@code [IMG0]…[IMGr]}, r × D
   * @return the conditioning, T × C (77 × 768 for Stable Diffusion 1.x)
   */
  Matrix map(Matrix states, Matrix embeddings);

  /** Frees the weights. */
  @Override
  void close();

  /** Opens mappers of the kinds it knows; found through {@link java.util.ServiceLoader}. */
  interface Provider {

    /**
     * Says whether this provider knows a kind of mapper.
     *
     * @param mode {@code text_fc_mode} of {@code model_args.json}, for example {@code gill_mapper}
     * @return true if {@link #open} takes it
     */
    boolean supports(String mode);

    /**
     * Loads a mapper from the GILL checkpoint's {@code gen_text_hidden_fcs.0.*} tensors, reading
     * its sizes off their shapes.
     *
     * @param context the model
     * @return the mapper, which the caller closes
     * @throws io.github.gill.ModelFileException if tensors are missing or do not fit
     */
    ConditioningMapper open(ModelContext context);

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
