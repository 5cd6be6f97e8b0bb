package io.github.gill.examples.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.Gill;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TerminalChatTest {

  private static final Path MODEL = Path.of("../gill-core/src/test/resources/micro");

  @Test
  void answersUndoesAndSaves(@TempDir Path folder) throws Exception {
    Path saved = folder.resolve("saved.txt");
    String typed =
        "/image "
            + MODEL.resolve("images/003.png")
            + "\nWhat is this?\nAnd that?\n/undo\n/save "
            + saved
            + "\n/nonsense\n/image nowhere.png\n/quit\n";
    AnswerSettings settings = AnswerSettings.builder().numWords(4).maxImages(0).build();
    String text = chat(typed, settings, folder, folder);
    assertTrue(text.contains("(taken back)"), text);
    assertTrue(text.contains("There is no /nonsense; /help lists the commands."), text);
    assertTrue(text.contains("! ") && text.contains("nowhere.png"), text);
    assertEquals("Q: What is this?", Files.readAllLines(saved).get(0));
    assertTrue(Files.readAllLines(saved).stream().noneMatch(line -> line.contains("And that?")));
  }

  @Test
  void goesOnWhereAPictureCannotBeSaved(@TempDir Path folder) throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    Path saved = folder.resolve("saved.txt");
    AnswerSettings settings =
        AnswerSettings.builder().numWords(1).forceImage().decision(DecisionMode.RETRIEVE).build();
    String typed =
        "hello\n/save "
            + saved
            + "\n/undo\n/undo\n/save "
            + folder.resolve("no/such")
            + "\nlast one";
    String text = chat(typed, settings, folder, file);
    String line = "[retrieved picture: not saved, " + file + " is a file where a folder is needed";
    assertEquals(2, text.split(Pattern.quote(line), -1).length - 1, text);
    assertTrue(Files.readString(saved).contains(line), Files.readString(saved));
    assertTrue(text.contains("(taken back)"), text);
    assertTrue(text.contains("There is nothing to take back."), text);
    assertTrue(text.contains("! the folder " + folder.resolve("no") + " does not exist"), text);
  }

  /** Types into a chat and returns what the terminal shows. */
  private static String chat(String typed, AnswerSettings settings, Path folder, Path pictures)
      throws IOException {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    try (Gill gill = Gill.load(MODEL);
        Terminal terminal =
            new DumbTerminal(
                new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)), shown);
        TerminalChat chat =
            new TerminalChat(gill, settings, terminal, folder.resolve("history"), pictures)) {
      chat.run();
    }
    return shown.toString(StandardCharsets.UTF_8);
  }

  @Test
  void knowsWhatTheTerminalCan() {
    assertEquals(PictureDisplay.KITTY, PictureDisplay.detect(Map.of("TERM", "xterm-kitty")));
    assertEquals(PictureDisplay.ITERM2, PictureDisplay.detect(Map.of("TERM_PROGRAM", "iTerm.app")));
    assertEquals(PictureDisplay.SIXEL, PictureDisplay.detect(Map.of("TERM", "foot")));
    assertEquals(PictureDisplay.NONE, PictureDisplay.detect(Map.of("TERM", "xterm-256color")));
    assertEquals(
        PictureDisplay.NONE,
        PictureDisplay.detect(Map.of("TERM", "screen", "KITTY_WINDOW_ID", "1")));
    assertEquals(
        PictureDisplay.SIXEL,
        PictureDisplay.detect(Map.of("TERM", "xterm", "GILL_PICTURES", "sixel")));
  }

  @Test
  void drawsSixels() {
    BufferedImage red = new BufferedImage(5, 7, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 35; i++) {
      red.setRGB(i % 5, i / 5, 0xFF0000);
    }
    String sixels = Sixel.encode(red);
    assertTrue(sixels.startsWith("\033P0;1q\"1;1;5;7#0;2;0;0;0"), sixels);
    assertTrue(sixels.endsWith("#180!5~$-#180!5@$-\033\\\n"), sixels);
    assertTrue(sixels.contains("#180;2;100;0;0"), sixels);
  }
}
