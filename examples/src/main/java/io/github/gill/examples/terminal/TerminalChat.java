package io.github.gill.examples.terminal;

import io.github.gill.Answer;
import io.github.gill.AnswerCancelledException;
import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.Gill;
import io.github.gill.GillException;
import io.github.gill.GillSession;
import io.github.gill.Limits;
import io.github.gill.PendingAnswer;
import io.github.gill.Prompt;
import io.github.gill.PromptPart;
import io.github.gill.examples.cli.files.ErrorText;
import io.github.gill.examples.cli.files.InputFile;
import io.github.gill.vision.PictureReader;
import io.github.gill.vision.PngWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;

/**
 * A conversation in a terminal: line editing and history, pictures inline where the terminal shows
 * them, and Ctrl-C for an answer that takes too long.
 */
public final class TerminalChat implements AutoCloseable {

  private static final String HELP =
      """
      Type a question. Commands:
        /image FILE   put a picture before the next question
        /undo         take back the last exchange
        /reset        start again
        /save FILE    write the conversation as text, with the names of its pictures
        /help         this list
        /quit         leave (or Ctrl-D)
      Ctrl-C stops an answer.
      """;

  private final Gill gill;
  private final AnswerSettings settings;
  private final Terminal terminal;
  private final LineReader reader;
  private final PrintWriter out;
  private final PictureDisplay display;
  private final Path folder;
  private final List<PromptPart> attached = new ArrayList<>();

  /** What was said, a list of lines for each exchange. */
  private final List<List<String>> transcript = new ArrayList<>();

  private GillSession session;
  private int pictures;

  /**
   * Makes a chat.
   *
   * @param gill the engine, which stays the caller's
   * @param settings how to answer
   * @param terminal where to read and write, which stays the caller's
   * @param history the file of earlier lines
   * @param folder where pictures go
   */
  public TerminalChat(
      Gill gill, AnswerSettings settings, Terminal terminal, Path history, Path folder) {
    this.gill = gill;
    this.settings = settings;
    this.terminal = terminal;
    this.folder = folder;
    this.out = terminal.writer();
    this.display = PictureDisplay.detect(System.getenv());
    this.session = gill.newSession();
    this.reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .variable(LineReader.HISTORY_FILE, history)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
  }

  /** Reads and answers until the user leaves. */
  public void run() {
    out.println("Ask for a picture, or about one. /help lists the commands.");
    while (true) {
      out.flush();
      String line;
      boolean last = false;
      try {
        line = reader.readLine("you> ").strip();
      } catch (UserInterruptException e) {
        continue;
      } catch (EndOfFileException e) { // a last line may have no newline
        line = Objects.requireNonNullElse(e.getPartialLine(), "").strip();
        last = true;
      }
      if (line.equals("/quit")) {
        return;
      }
      try {
        if (line.startsWith("/")) {
          command(line);
        } else if (!line.isEmpty()) {
          ask(line);
        }
      } catch (RuntimeException | IOException e) { // one turn's failure ends no conversation
        out.println("! " + ErrorText.of(e));
      }
      if (last) {
        out.flush();
        return;
      }
    }
  }

  private void command(String line) throws IOException {
    String[] words = line.split("\\s+", 2);
    String argument = words.length > 1 ? words[1] : "";
    switch (words[0].toLowerCase(Locale.ROOT)) {
      case "/image" -> attach(argument);
      case "/undo" -> undo();
      case "/reset" -> reset();
      case "/save" -> save(argument);
      case "/help" -> out.print(HELP);
      default -> out.println("There is no " + words[0] + "; /help lists the commands.");
    }
  }

  private void attach(String file) {
    if (file.isEmpty()) {
      throw new IllegalArgumentException("name a picture: /image FILE");
    }
    BufferedImage image = PictureReader.read(InputFile.local(Path.of(file)), Limits.DEFAULTS);
    attached.add(new PromptPart.Image(image));
    out.print(display.show(image));
    out.println("(goes before the next question)");
  }

  private void undo() {
    boolean undone = session.undo();
    if (undone) {
      transcript.remove(transcript.size() - 1);
    }
    out.println(undone ? "(taken back)" : "There is nothing to take back.");
  }

  private void reset() {
    session.close();
    session = gill.newSession();
    attached.clear();
    transcript.clear();
    out.println("(forgotten)");
  }

  private void save(String file) throws IOException {
    if (file.isEmpty()) {
      throw new IllegalArgumentException("name a file: /save FILE");
    }
    Files.write(Path.of(file), transcript.stream().flatMap(List::stream).toList());
    out.println("(saved to " + file + ")");
  }

  private void ask(String question) throws IOException {
    Prompt.Builder turn = Prompt.builder();
    attached.forEach(turn::part);
    PendingAnswer pending =
        session.submit(turn.text("Q: " + question + "\nA:").build(), settings, this::show);
    SignalHandler before = terminal.handle(Signal.INT, signal -> pending.cancel());
    Answer answer;
    try {
      answer = pending.join();
    } catch (AnswerCancelledException e) {
      out.println("\n(stopped)");
      return;
    } finally {
      terminal.handle(Signal.INT, before);
    }
    attached.clear();
    out.println();
    // Noted before anything is shown or saved: the session has the turn already.
    List<String> lines = new ArrayList<>(List.of("Q: " + question));
    transcript.add(lines);
    for (AnswerPart part : answer.parts()) {
      if (part instanceof AnswerPart.Text text) {
        lines.add("A: " + text.text().strip());
      } else if (part instanceof AnswerPart.Image image) {
        lines.add(show(image));
      }
    }
  }

  /** Shows words and steps as they come, on the engine's thread. */
  private void show(AnswerEvent event) {
    if (event instanceof AnswerEvent.Token token) {
      out.print(token.text().replace('\n', ' '));
    } else if (event instanceof AnswerEvent.Denoised step) {
      out.print("\rdrawing: step " + step.step() + " of " + step.steps() + "   ");
    }
    out.flush();
  }

  /** Shows a picture and returns a line about it. */
  private String show(AnswerPart.Image image) {
    String kind = image.showsGenerated() ? "generated" : "retrieved";
    BufferedImage shown = image.shown();
    String line;
    if (shown == null) {
      line = "[" + kind + " picture: withheld by the safety checker or not to be had]";
    } else {
      out.print(display.show(shown));
      line = "[" + kind + " picture: " + keep(shown) + "]";
    }
    AnswerPart.Probabilities said = image.probabilities();
    String odds =
        said == null
            ? ""
            : " (draw %.0f %%, find %.0f %%)"
                .formatted(100 * said.generate(), 100 * said.retrieve());
    out.println(line + odds);
    return line;
  }

  /** Writes a picture and returns its file, or why there is none. */
  private String keep(BufferedImage picture) {
    Path file = folder.resolve("picture" + pictures + ".png");
    try {
      Files.createDirectories(folder);
      PngWriter.write(picture, Map.of("Software", "GILL for the JVM"), file);
    } catch (GillException | IOException e) {
      return "not saved, " + ErrorText.of(e);
    }
    pictures++;
    return file.toString();
  }

  /** Forgets the conversation. */
  @Override
  public void close() {
    session.close();
  }
}
