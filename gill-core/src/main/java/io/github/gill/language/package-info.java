/**
 * Text: tokenizers and the language model.
 *
 * <p>{@link io.github.gill.language.OptTokenizer} turns a prompt's texts into tokens and tokens
 * into text, all at once or, with {@link io.github.gill.language.StreamingDecoder}, one by one;
 * {@link io.github.gill.language.LanguageModel} predicts the next ones and {@link
 * io.github.gill.language.Decoder} chooses among them. {@link
 * io.github.gill.language.ClipTokenizer} belongs to the image generator's text encoder and shares
 * the files' reading and the native encoder with the first.
 */
@NullMarked
package io.github.gill.language;

import org.jspecify.annotations.NullMarked;
