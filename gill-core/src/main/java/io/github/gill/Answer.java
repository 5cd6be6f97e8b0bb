package io.github.gill;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What the model answered.
 *
 * @param tokens every token the decoder chose, before any cut
 * @param parts text and pictures in order
 * @param timings where the time went
 */
public record Answer(List<Integer> tokens, List<AnswerPart> parts, Timings timings) {

  /** Copies the lists. */
  public Answer {
    tokens = List.copyOf(tokens);
    parts = List.copyOf(parts);
  }

  /**
   * Seconds spent on each stage of one answer.
   *
   * @param encode prompt pictures and text to embeddings
   * @param decode the language model, from embeddings to tokens
   * @param map states to conditioning
   * @param retrieve query, scan and reading of candidates
   * @param diffuse conditioning to pictures, safety checker and ranking included
   */
  public record Timings(
      double encode, double decode, double map, double retrieve, double diffuse) {}

  /**
   * Returns the text alone.
   *
   * @return all text parts, one after the other
   */
  public String text() {
    return parts.stream()
        .filter(AnswerPart.Text.class::isInstance)
        .map(part -> ((AnswerPart.Text) part).text())
        .collect(Collectors.joining());
  }

  /**
   * Returns the pictures alone.
   *
   * @return all image parts in order
   */
  public List<AnswerPart.Image> images() {
    return parts.stream()
        .filter(AnswerPart.Image.class::isInstance)
        .map(AnswerPart.Image.class::cast)
        .toList();
  }
}
