package io.github.gill.examples.eval.data;

import com.google.gson.stream.JsonReader;
import io.github.gill.examples.eval.data.Dialogue.Round;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * VisDial 1.0 (Das et al. 2017): {@code data.questions} and {@code data.answers} are lists of
 * texts, into which each of {@code data.dialogs} points.
 *
 * <p>One key more than the original's may stand at the top: {@code prompt_end}, see {@link
 * Dialogue#promptEnd}. The file is read twice, because the texts may come after the dialogues.
 */
public final class Dialogues {

  private final List<String> questions = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private String promptEnd = "";

  private Dialogues() {}

  /**
   * Reads dialogues until there are no more or the consumer has enough.
   *
   * @param file for example {@code visdial_1.0_val.json}
   * @param wantsMore takes a dialogue and says whether to go on
   * @throws IllegalArgumentException if the file is not of this form
   */
  public static void read(Path file, Predicate<Dialogue> wantsMore) {
    Dialogues texts = new Dialogues();
    JsonFile.read(file, texts::readTexts);
    JsonFile.read(file, json -> texts.readDialogues(json, wantsMore));
  }

  private void readTexts(JsonReader json) throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      switch (json.nextName()) {
        case "prompt_end" -> promptEnd = json.nextString();
        case "data" -> {
          json.beginObject();
          while (json.hasNext()) {
            switch (json.nextName()) {
              case "questions" -> strings(json, questions);
              case "answers" -> strings(json, answers);
              default -> json.skipValue();
            }
          }
          json.endObject();
        }
        default -> json.skipValue();
      }
    }
    if (questions.isEmpty() || answers.isEmpty()) {
      throw new IllegalArgumentException(
          "data.questions or data.answers is missing; give a file of VisDial 1.0");
    }
  }

  private static void strings(JsonReader json, List<String> into) throws IOException {
    json.beginArray();
    while (json.hasNext()) {
      into.add(json.nextString());
    }
    json.endArray();
  }

  private void readDialogues(JsonReader json, Predicate<Dialogue> wantsMore) throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      if (!json.nextName().equals("data")) {
        json.skipValue();
        continue;
      }
      json.beginObject();
      while (json.hasNext()) {
        if (!json.nextName().equals("dialogs")) {
          json.skipValue();
          continue;
        }
        json.beginArray();
        while (json.hasNext()) {
          if (!wantsMore.test(dialogue(json))) {
            return;
          }
        }
        json.endArray();
      }
      json.endObject();
    }
  }

  private Dialogue dialogue(JsonReader json) throws IOException {
    String picture = "";
    List<Round> rounds = new ArrayList<>();
    json.beginObject();
    while (json.hasNext()) {
      switch (json.nextName()) {
        case "image_id" -> picture = json.nextString();
        case "dialog" -> {
          json.beginArray();
          while (json.hasNext()) {
            rounds.add(round(json));
          }
          json.endArray();
        }
        default -> json.skipValue();
      }
    }
    json.endObject();
    if (picture.isEmpty()) {
      throw new IllegalArgumentException("a dialogue has no image_id; give a file of VisDial 1.0");
    }
    return new Dialogue(picture, rounds, promptEnd);
  }

  private Round round(JsonReader json) throws IOException {
    String question = "";
    String answer = "";
    json.beginObject();
    while (json.hasNext()) {
      switch (json.nextName()) {
        case "question" -> question = text("questions", questions, json.nextInt());
        case "answer" -> answer = text("answers", answers, json.nextInt());
        default -> json.skipValue();
      }
    }
    json.endObject();
    return new Round(question, answer);
  }

  private static String text(String list, List<String> texts, int index) {
    if (index < 0 || index >= texts.size()) {
      throw new IllegalArgumentException(
          "a dialogue points to %d of data.%s, which has %d; fetch the file again"
              .formatted(index, list, texts.size()));
    }
    return texts.get(index);
  }
}
