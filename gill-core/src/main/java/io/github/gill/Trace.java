package io.github.gill;

/**
 * Receives the intermediate tensors of one answer, for comparison with the original.
 *
 * <table>
 *   <caption>Tensors; pictures are counted from 0, those of the prompt by {@code N} and those of
 *   the answer by {@code M}</caption>
 *   <tr><th>name</th><th>shape</th><th>what</th></tr>
 *   <tr><td>{@code prompt_imageN.pixel_values}</td><td>3 × side × side</td><td>the picture as the
 *   image encoder takes it</td></tr>
 *   <tr><td>{@code prompt_imageN.pooled}</td><td>hidden size</td><td>the image encoder's pooled
 *   output</td></tr>
 *   <tr><td>{@code prompt_imageN.visual_tokens}</td><td>k × E</td><td>what the language model reads
 *   in the picture's place</td></tr>
 *   <tr><td>{@code input_embeddings}</td><td>positions × E</td><td>the prompt's positions that are not
 *   cached</td></tr>
 *   <tr><td>{@code first_logits_after_masking}</td><td>V</td><td>the first token's logits, {@code
 *   [IMG]} tokens masked and scaled as the settings say</td></tr>
 *   <tr><td>{@code last_hidden}</td><td>positions × E</td><td>the last layer's states of all
 *   positions that were read</td></tr>
 *   <tr><td>{@code imageM.img_states}</td><td>r × E</td><td>the states of the {@code [IMG]}
 *   tokens</td></tr>
 *   <tr><td>{@code imageM.ret_emb}</td><td>R</td><td>the retrieval query, of unit length</td></tr>
 *   <tr><td>{@code imageM.conditioning}</td><td>T × C</td><td>what the mapper makes of the
 *   states</td></tr>
 *   <tr><td>{@code imageM.latents}</td><td>(1 + evaluations) × channels × h × w</td><td>before the
 *   first and after each evaluation of the network, for the first picture drawn; PNDM evaluates
 *   once more than {@code steps}</td></tr>
 * </table>
 */
@FunctionalInterface
public interface Trace {

  /**
   * Takes a tensor.
   *
   * @param name its name, for example {@code last_hidden} or {@code image0.latents}
   * @param values its numbers in row-major order; valid only during the call
   * @param shape the size of each axis
   */
  void tensor(String name, float[] values, long... shape);
}
