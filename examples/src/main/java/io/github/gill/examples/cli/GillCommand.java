package io.github.gill.examples.cli;

import io.github.gill.examples.bench.BenchCommand;
import io.github.gill.examples.eval.EvalCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The {@code gill} command and its subcommands. */
@Command(
    name = "gill",
    description = "Pictures and text in, text with found and new pictures out.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = GillCommand.Version.class,
    subcommands = {
      RunCommand.class,
      DoctorCommand.class,
      ImportCommand.class,
      IndexCommand.class,
      TrainDecisionCommand.class,
      ServeCommand.class,
      ChatCommand.class,
      BenchCommand.class,
      EvalCommand.class
    })
public final class GillCommand {

  static {
    // The logging backend reads its settings once; only warnings reach the terminal by default.
    System.getProperties().putIfAbsent("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    System.getProperties().putIfAbsent("org.slf4j.simpleLogger.log.ai.djl", "error");
    System.getProperties().putIfAbsent("org.slf4j.simpleLogger.showThreadName", "false");
    System.getProperties().putIfAbsent("org.slf4j.simpleLogger.showShortLogName", "true");
  }

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of errors.")
  boolean verbose;

  GillCommand() {}

  /**
   * Runs a command and ends the process with its exit code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    // Numbers in tables, pages and file names are for programs, too.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    CommandLine line = commandLine();
    // Answers are Unicode whatever the locale says.
    OutputStream stdout = new FileOutputStream(FileDescriptor.out);
    line.setOut(new PrintWriter(new OutputStreamWriter(stdout, StandardCharsets.UTF_8), true));
    System.exit(line.execute(args));
  }

  static CommandLine commandLine() {
    GillCommand command = new GillCommand();
    CommandLine line = new CommandLine(command);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    ErrorReport errors = new ErrorReport(command);
    line.setExecutionExceptionHandler(errors);
    line.setParameterExceptionHandler(errors);
    return line;
  }

  /** Takes the version from the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = GillCommand.class.getPackage().getImplementationVersion();
      return new String[] {"gill " + (version == null ? "(development)" : version)};
    }
  }
}
