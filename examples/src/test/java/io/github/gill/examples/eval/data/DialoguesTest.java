package io.github.gill.examples.eval.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DialoguesTest {

  private static final String TEXTS =
      "\"questions\": [\"is it big\", \"what is it\"], \"answers\": [\"no\", \"a fox\"]";

  @TempDir Path folder;

  private Path file(String more, String inData) throws IOException {
    return Files.writeString(
        folder.resolve("visdial.json"),
        "{\"version\": \"1.0\", " + more + " \"data\": {" + inData + "}}");
  }

  private static String dialogs(int question) {
    return """
    "dialogs": [
      {"image_id": 185565, "caption": "a fox", "dialog": [
        {"question": 0, "answer": 0, "answer_options": [1, 0], "gt_index": 1},
        {"question": %d, "answer": 1}]}]\
    """
        .formatted(question);
  }

  private static List<Dialogue> read(Path file) {
    List<Dialogue> dialogues = new ArrayList<>();
    Dialogues.read(file, dialogues::add);
    return dialogues;
  }

  @Test
  void writesRoundsAsThePaperDoes() throws IOException {
    Dialogue dialogue = read(file("", dialogs(1) + "," + TEXTS)).get(0);
    assertEquals("185565", dialogue.picture());
    assertEquals("Q: is it big?\nA: no", dialogue.prompt(1));
    assertEquals("Q: is it big?\nA: no\nQ: what is it?\nA: a fox", dialogue.prompt(10));
  }

  @Test
  void addsWhatAModelReadsAtTheEnd() throws IOException {
    Dialogue dialogue = read(file("\"prompt_end\": \"\\n\",", TEXTS + "," + dialogs(1))).get(0);
    assertEquals("Q: is it big?\nA: no\n", dialogue.prompt(1));
  }

  @Test
  void namesATextThatIsNotThere() throws IOException {
    Path file = file("", TEXTS + "," + dialogs(2));
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> read(file));
    assertTrue(
        e.getMessage().contains("points to 2 of data.questions, which has 2"), e.getMessage());
  }

  @Test
  void refusesAnotherFile() throws IOException {
    Path file = file("", "\"dialogs\": []");
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> read(file));
    assertTrue(e.getMessage().contains("give a file of VisDial 1.0"), e.getMessage());
  }
}
