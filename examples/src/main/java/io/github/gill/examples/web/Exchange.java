package io.github.gill.examples.web;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A question and its answer; guarded by its {@link Chat}. */
final class Exchange {

  /**
   * What was asked.
   *
   * @param text the words
   * @param pictures names of the pictures that came with them, in order
   * @param refine the picture that drawing starts from, or null
   */
  record Question(String text, List<String> pictures, @Nullable String refine) {}

  /**
   * What went wrong.
   *
   * @param code a word for programs
   * @param message a sentence for people
   */
  record Problem(String code, String message) {}

  /**
   * The JSON form.
   *
   * @param number its place in the conversation from 0
   * @param question what was asked
   * @param settings how to answer, seed included
   * @param state waiting, running, done, stopped or failed
   * @param position how many are ahead in the line, while waiting
   * @param streamed words that are not a finished part yet
   * @param parts the answer
   * @param redrawing the part that is being found or drawn again
   * @param problem what went wrong
   */
  record View(
      int number,
      Question question,
      ChatSettings settings,
      String state,
      @Nullable Integer position,
      String streamed,
      List<Part.View> parts,
      @Nullable Integer redrawing,
      @Nullable Problem problem) {}

  final Question question;
  final ChatSettings settings;
  final List<Part> parts = new ArrayList<>();
  final StringBuilder streamed = new StringBuilder();
  String state = "waiting";
  @Nullable Integer position;
  @Nullable Integer redrawing;
  @Nullable Problem problem;

  /** The answer as the language model remembers it, or null if it does not. */
  @Nullable String remembered;

  Exchange(Question question, ChatSettings settings) {
    this.question = question;
    this.settings = settings;
  }

  View view(int number) {
    return new View(
        number,
        question,
        settings,
        state,
        position,
        streamed.toString(),
        parts.stream().map(Part::view).toList(),
        redrawing,
        problem);
  }

  /** Names of all pictures in question and answer. */
  Set<String> pictureNames() {
    Set<String> names = new HashSet<>(question.pictures());
    if (question.refine() != null) {
      names.add(question.refine());
    }
    for (Part part : parts) {
      if (part instanceof Part.Pictures pictures) {
        pictures.candidates.stream()
            .map(Part.Candidate::picture)
            .filter(Objects::nonNull)
            .forEach(names::add);
      }
    }
    return names;
  }

  Part.Pictures pictures(int part) {
    if (part >= 0 && part < parts.size() && parts.get(part) instanceof Part.Pictures pictures) {
      return pictures;
    }
    throw ApiException.notFound("part " + part + " of this answer is no picture");
  }
}
