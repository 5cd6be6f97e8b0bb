package io.github.gill.examples.cli;

import io.github.gill.examples.cli.files.ErrorText;
import picocli.CommandLine;

/** Turns what went wrong into one line on standard error and an exit code. */
final class ErrorReport
    implements CommandLine.IExecutionExceptionHandler, CommandLine.IParameterExceptionHandler {

  private final GillCommand command;

  ErrorReport(GillCommand command) {
    this.command = command;
  }

  @Override
  public int handleExecutionException(
      Exception e, CommandLine line, CommandLine.ParseResult result) {
    line.getErr().println("gill: " + ErrorText.of(e));
    if (command.verbose) {
      e.printStackTrace(line.getErr());
    }
    return e instanceof IllegalArgumentException
        ? CommandLine.ExitCode.USAGE
        : CommandLine.ExitCode.SOFTWARE;
  }

  /** A whole help page would push the error out of sight: it is shown to who asked for nothing. */
  @Override
  public int handleParseException(CommandLine.ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    line.getErr().println("gill: " + e.getMessage());
    if (args.length == 0) {
      line.usage(line.getErr());
    } else if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr())) {
      line.getErr().println("'" + line.getCommandSpec().qualifiedName() + " --help' says more.");
    }
    return CommandLine.ExitCode.USAGE;
  }
}
