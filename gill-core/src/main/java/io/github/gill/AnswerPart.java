package io.github.gill;

import io.github.gill.spi.Matrix;
import java.awt.image.BufferedImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One part of an answer. */
public sealed interface AnswerPart {

  /**
   * A piece of text.
   *
   * @param text the text without special tokens, cut as the original cuts it
   */
  record Text(String text) implements AnswerPart {}

  /**
   * A place where the model shows a picture.
   *
   * @param decision which kind of picture, and who chose it
   * @param probabilities what the decision head said, or null if it was not asked
   * @param retrieved the best candidates by descending score, empty if the model has none or the
   *     caller wanted a generated picture
   * @param generated new pictures, best first, empty if none were asked for
   * @param states the last hidden states at the {@code [IMG]} positions, r × D, from which {@link
   *     Gill#redraw} makes the picture again, or null if they were not kept
   */
  record Image(
      Decision decision,
      @Nullable Probabilities probabilities,
      List<Retrieved> retrieved,
      List<Generated> generated,
      @Nullable Matrix states)
      implements AnswerPart {

    /** Copies the lists. */
    public Image {
      retrieved = List.copyOf(retrieved);
      generated = List.copyOf(generated);
    }

    /**
     * Says which kind of picture to show.
     *
     * @return true for {@link #generated}'s first, false for {@link #retrieved}'s first
     */
    public boolean showsGenerated() {
      boolean preferred =
          decision == Decision.GENERATE
              || (decision == Decision.FORCED
                  && (probabilities == null
                      || probabilities.generate() >= probabilities.retrieve()));
      return !generated.isEmpty() && (preferred || retrieved.isEmpty());
    }

    /**
     * Returns the picture to show.
     *
     * @return the picture, or null if it was withheld or could not be fetched
     */
    public @Nullable BufferedImage shown() {
      if (showsGenerated()) {
        return generated.get(0).image();
      }
      return retrieved.stream()
          .map(Retrieved::image)
          .filter(image -> image != null)
          .findFirst()
          .orElse(null);
    }
  }

  /**
   * What the decision head says.
   *
   * @param generate the probability that a new picture serves better, 0 to 1
   * @param retrieve the probability that a found picture serves better, 0 to 1
   */
  record Probabilities(float generate, float retrieve) {}

  /**
   * A candidate.
   *
   * @param index its position in the collection from 0
   * @param path its file or URL as the collection names it
   * @param score exp(logit_scale) · cosine of its key and the query
   * @param image the picture, or null if it was not fetched: only the best that can be read is
   */
  record Retrieved(int index, String path, float score, @Nullable BufferedImage image) {}

  /**
   * A new picture.
   *
   * @param image the picture in RGB, or null if it was withheld
   * @param score the cosine of its key and the retrieval query, or null if the model has no
   *     retrieval heads
   * @param flagged whether the safety checker objects; such a picture is withheld
   */
  record Generated(@Nullable BufferedImage image, @Nullable Float score, boolean flagged) {}
}
