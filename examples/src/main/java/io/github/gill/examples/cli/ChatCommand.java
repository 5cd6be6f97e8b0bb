package io.github.gill.examples.cli;

import io.github.gill.AnswerSettings;
import io.github.gill.Gill;
import io.github.gill.examples.cli.files.OutputTarget;
import io.github.gill.examples.terminal.TerminalChat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code gill chat}: a conversation in the terminal. */
@Command(name = "chat", description = "Chat in the terminal.", sortOptions = false)
final class ChatCommand implements Callable<Integer> {

  /** The picture frequency of the original's demo. */
  private static final double DEMO_SCALE = 1.3;

  private static final double DEMO_TOP_P = 0.95;

  @Mixin EngineOptions engine = new EngineOptions();
  @Mixin RequestOptions options = new RequestOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "chat",
      description = "Where pictures go (default: ${DEFAULT-VALUE}).")
  Path out = Path.of("chat");

  ChatCommand() {}

  @Override
  public Integer call() throws IOException {
    OutputTarget.checkFolder(out);
    AnswerSettings asked =
        options.applyTo(AnswerSettings.builder().retScaleFactor(DEMO_SCALE).build());
    boolean draws = asked.decoding().temperature() > 0 && options.topP == null;
    AnswerSettings settings = draws ? asked.toBuilder().topP(DEMO_TOP_P).build() : asked;
    Path history = Path.of(System.getProperty("user.home"), ".gill_history");
    try (Gill gill = engine.builder().build();
        Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build();
        TerminalChat chat = new TerminalChat(gill, settings, terminal, history, out)) {
      chat.run();
    }
    return 0;
  }
}
