package io.github.gill.examples.web;

import io.github.gill.Decision;
import io.github.gill.spi.Matrix;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A conversation as one JSON file with its pictures in it.
 *
 * @param format always {@value #FORMAT}
 * @param exchanges questions and answers in order
 * @param pictures PNG in base64 by name
 */
record ConversationFile(String format, List<Saved> exchanges, Map<String, String> pictures) {

  static final String FORMAT = "gill-conversation-1";
  private static final int MOST_EXCHANGES = 500;
  private static final int MOST_STATES = 64 * 8192;

  /** An exchange; {@code remembered} is the answer as the language model reads it. */
  record Saved(
      Exchange.Question question,
      ChatSettings settings,
      String state,
      List<SavedPart> parts,
      @Nullable String remembered) {}

  /** A text, or a place with pictures and the states they come from. */
  record SavedPart(
      @Nullable String text,
      @Nullable String decision,
      Part.@Nullable Probabilities probabilities,
      @Nullable Integer choice,
      @Nullable List<Part.Candidate> candidates,
      @Nullable SavedStates states) {}

  /** Rows of little numbers: fp32, big-endian, base64. */
  record SavedStates(int rows, int columns, String values) {}

  static ConversationFile of(List<Exchange> exchanges, PictureShelf shelf) {
    Map<String, String> pictures = new LinkedHashMap<>();
    List<Saved> saved = new ArrayList<>();
    for (Exchange exchange : exchanges) {
      Exchange.Question question = exchange.question;
      question.pictures().forEach(name -> pictures.put(name, base64(shelf, name)));
      if (question.refine() != null) {
        pictures.put(question.refine(), base64(shelf, question.refine()));
      }
      List<SavedPart> parts = new ArrayList<>();
      for (Part part : exchange.parts) {
        parts.add(save(part));
        if (part instanceof Part.Pictures places) {
          for (Part.Candidate candidate : places.candidates) {
            if (candidate.picture() != null) {
              pictures.put(candidate.picture(), base64(shelf, candidate.picture()));
            }
          }
        }
      }
      saved.add(new Saved(question, exchange.settings, exchange.state, parts, exchange.remembered));
    }
    return new ConversationFile(FORMAT, saved, pictures);
  }

  private static String base64(PictureShelf shelf, String name) {
    return Base64.getEncoder().encodeToString(shelf.png(name));
  }

  private static SavedPart save(Part part) {
    if (part instanceof Part.Words words) {
      return new SavedPart(words.text(), null, null, null, null, null);
    }
    Part.Pictures pictures = (Part.Pictures) part;
    Matrix states = pictures.states;
    SavedStates kept = null;
    if (states != null) {
      ByteBuffer bytes = ByteBuffer.allocate(states.values().length * Float.BYTES);
      bytes.asFloatBuffer().put(states.values());
      String base64 = Base64.getEncoder().encodeToString(bytes.array());
      kept = new SavedStates(states.rows(), states.columns(), base64);
    }
    return new SavedPart(
        null,
        pictures.decision,
        pictures.probabilities,
        pictures.choice,
        pictures.candidates,
        kept);
  }

  /** Puts the pictures on a shelf and makes exchanges that name them there. */
  List<Exchange> open(PictureShelf shelf) {
    if (!FORMAT.equals(format) || exchanges == null || exchanges.size() > MOST_EXCHANGES) {
      throw ApiException.badRequest(
          "the file is no conversation of this chat (its format is \"" + format + "\")");
    }
    try {
      Map<String, String> names = new LinkedHashMap<>();
      if (pictures != null) {
        pictures.forEach((name, png) -> names.put(name, shelf.upload(DataUrl.base64(png))));
      }
      List<Exchange> opened = new ArrayList<>();
      for (Saved saved : exchanges) {
        opened.add(open(saved, names));
      }
      return opened;
    } catch (NullPointerException e) {
      throw ApiException.badRequest("the file lacks something that every conversation has");
    }
  }

  private static Exchange open(Saved saved, Map<String, String> names) {
    Exchange.Question old = saved.question;
    List<String> shown = old.pictures().stream().map(name -> known(name, names)).toList();
    String refine = old.refine() == null ? null : known(old.refine(), names);
    Exchange exchange =
        new Exchange(
            new Exchange.Question(old.text().strip(), shown, refine), saved.settings.complete());
    exchange.state = saved.remembered == null ? "stopped" : "done";
    exchange.remembered = saved.remembered;
    for (SavedPart part : saved.parts) {
      exchange.parts.add(part.text == null ? open(part, names) : new Part.Words(part.text));
    }
    return exchange;
  }

  private static Part open(SavedPart saved, Map<String, String> names) {
    Part.Pictures pictures =
        new Part.Pictures(
            Fields.choice("decision", String.valueOf(saved.decision), Decision.class),
            checked(saved.probabilities),
            states(saved.states));
    if (saved.candidates != null) {
      for (Part.Candidate c : saved.candidates) {
        // A path from a file is not to be trusted: what was not fetched is left out.
        if (c.picture() != null || c.generated()) {
          pictures.candidates.add(
              new Part.Candidate(
                  c.generated() ? "generated" : "retrieved",
                  c.picture() == null ? null : known(c.picture(), names),
                  score(c.score()),
                  c.flagged(),
                  c.settings() == null ? null : c.settings().complete(),
                  c.index(),
                  c.path()));
        }
      }
    }
    int choice = saved.choice == null ? 0 : saved.choice;
    pictures.choice = choice >= 0 && choice < pictures.candidates.size() ? choice : 0;
    return pictures;
  }

  private static Part.@Nullable Probabilities checked(Part.@Nullable Probabilities said) {
    if (said != null) {
      Fields.range("probabilities.generate", said.generate(), 0, 1);
      Fields.range("probabilities.retrieve", said.retrieve(), 0, 1);
    }
    return said;
  }

  private static @Nullable Float score(@Nullable Float score) {
    if (score != null && score.isInfinite()) {
      throw ApiException.badRequest("a candidate's score is too large for a number of 32 bits");
    }
    return score;
  }

  private static @Nullable Matrix states(@Nullable SavedStates saved) {
    if (saved == null) {
      return null;
    }
    byte[] bytes = DataUrl.base64(saved.values);
    if (bytes.length > MOST_STATES * Float.BYTES) {
      throw ApiException.badRequest("a picture's states are too large");
    }
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return new Matrix(saved.rows, saved.columns, values);
  }

  private static String known(String name, Map<String, String> names) {
    String here = names.get(name);
    if (here == null) {
      throw ApiException.badRequest("the file names a picture \"" + name + "\" it does not hold");
    }
    return here;
  }
}
