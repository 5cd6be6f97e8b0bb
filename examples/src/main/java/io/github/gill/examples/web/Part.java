package io.github.gill.examples.web;

import io.github.gill.AnswerPart;
import io.github.gill.Decision;
import io.github.gill.spi.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A part of an answer as the chat keeps it; guarded by its {@link Chat}. */
sealed interface Part {

  /** Returns the part as JSON shows it. */
  View view();

  /**
   * The JSON form.
   *
   * @param type text or image
   * @param text of a text
   * @param decision generate, retrieve, same or forced
   * @param probabilities what the decision head said
   * @param choice which candidate is shown
   * @param candidates the pictures to leaf through
   * @param redrawable whether the picture can be found or drawn again
   */
  record View(
      String type,
      @Nullable String text,
      @Nullable String decision,
      @Nullable Probabilities probabilities,
      @Nullable Integer choice,
      @Nullable List<Candidate> candidates,
      @Nullable Boolean redrawable) {}

  /** What the decision head said, from 0 to 1. */
  record Probabilities(float generate, float retrieve) {

    static @Nullable Probabilities of(AnswerPart.@Nullable Probabilities said) {
      return said == null ? null : new Probabilities(said.generate(), said.retrieve());
    }
  }

  /**
   * A picture to show.
   *
   * @param kind generated or retrieved
   * @param picture its name on the shelf, or null if it is withheld or not fetched yet
   * @param score the higher, the nearer to what was meant
   * @param flagged whether the safety checker withheld it
   * @param settings how it was drawn, seed included
   * @param index its position in the collection
   * @param path where the collection has it
   */
  record Candidate(
      String kind,
      @Nullable String picture,
      @Nullable Float score,
      @Nullable Boolean flagged,
      @Nullable ChatSettings settings,
      @Nullable Integer index,
      @Nullable String path) {

    boolean generated() {
      return kind.equals("generated");
    }
  }

  /** Words. */
  record Words(String text) implements Part {

    @Override
    public View view() {
      return new View("text", text, null, null, null, null, null);
    }
  }

  /** A place with pictures. */
  final class Pictures implements Part {
    String decision;
    @Nullable Probabilities probabilities;
    final List<Candidate> candidates = new ArrayList<>();
    int choice;
    final @Nullable Matrix states;

    Pictures(Decision decision, @Nullable Probabilities probabilities, @Nullable Matrix states) {
      this.decision = decision.name().toLowerCase(Locale.ROOT);
      this.probabilities = probabilities;
      this.states = states;
    }

    Candidate candidate(int number) {
      if (number < 0 || number >= candidates.size()) {
        throw ApiException.notFound("there is no candidate " + number + " here");
      }
      return candidates.get(number);
    }

    @Override
    public View view() {
      return new View(
          "image",
          null,
          decision,
          probabilities,
          candidates.isEmpty() ? null : choice,
          candidates.stream().map(Pictures::withoutFolders).toList(),
          states != null);
    }

    /** The server's folders are nobody's business; a candidate's name or address is. */
    private static Candidate withoutFolders(Candidate c) {
      String path = c.path;
      if (path != null) {
        int query = path.indexOf('?');
        path = query < 0 ? path : path.substring(0, query);
        path = path.startsWith("http") ? path : path.substring(path.lastIndexOf('/') + 1);
      }
      return new Candidate(c.kind, c.picture, c.score, c.flagged, c.settings, c.index, path);
    }
  }
}
