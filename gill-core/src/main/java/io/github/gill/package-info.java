/**
 * GILL for the JVM: a multimodal language model that reads pictures and text in any order and
 * answers with text, with pictures found in a collection and with new pictures (Koh, Fried and
 * Salakhutdinov, NeurIPS 2023).
 *
 * <p>Start at {@link io.github.gill.Gill}: load a model folder, hand in a {@link
 * io.github.gill.Prompt} with {@link io.github.gill.AnswerSettings}, get an {@link
 * io.github.gill.Answer} of {@link io.github.gill.AnswerPart}s.
 *
 * <p>An answer takes this way: {@code PromptEncoder} turns text into token embeddings and pictures
 * into visual tokens; {@link io.github.gill.language.Decoder} chooses tokens; {@code AnswerLoop}
 * takes the states of every {@code [IMG]} group, lets the decision head choose, and asks a {@link
 * io.github.gill.spi.Retriever} or, through a {@link io.github.gill.spi.ConditioningMapper}, an
 * {@link io.github.gill.spi.ImageGenerator} for the picture.
 *
 * <table>
 *   <caption>Packages</caption>
 *   <tr><td>{@link io.github.gill.language}</td><td>tokenizers, OPT, decoding</td></tr>
 *   <tr><td>{@link io.github.gill.vision}</td><td>pictures, preprocessing, CLIP's encoder</td></tr>
 *   <tr><td>{@link io.github.gill.checkpoint}</td><td>file formats</td></tr>
 *   <tr><td>{@link io.github.gill.runtime}</td><td>TorchScript programs on DJL's engine</td></tr>
 *   <tr><td>{@link io.github.gill.cuda}</td><td>CUDA devices</td></tr>
 *   <tr><td>{@link io.github.gill.memory}</td><td>what a model takes in memory</td></tr>
 *   <tr><td>{@link io.github.gill.spi}</td><td>what the other modules implement</td></tr>
 * </table>
 *
 * <p>Everything thrown is a {@link io.github.gill.GillException}, but for {@link
 * IllegalArgumentException} on wrong arguments and {@link IllegalStateException} on use after
 * closing.
 */
@NullMarked
package io.github.gill;

import org.jspecify.annotations.NullMarked;
