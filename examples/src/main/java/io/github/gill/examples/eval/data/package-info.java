/**
 * Readers of the data sets that GILL is evaluated on, one item at a time: VIST ({@link
 * io.github.gill.examples.eval.data.Stories}), VisDial 1.0 ({@link
 * io.github.gill.examples.eval.data.Dialogues}), PartiPrompts with decisions ({@link
 * io.github.gill.examples.eval.data.Votes}), and tab-separated captions and refinements ({@link
 * io.github.gill.examples.eval.data.Table}). {@link
 * io.github.gill.examples.eval.data.PictureFolder} finds their pictures and counts the missing
 * ones.
 */
@NullMarked
package io.github.gill.examples.eval.data;

import org.jspecify.annotations.NullMarked;
