package io.github.gill.examples.cli;

import io.github.gill.examples.cli.files.ErrorText;
import picocli.CommandLine;

/** Turns exceptions into one line on standard error and an exit code. */
final class ErrorReport implements CommandLine.IExecutionExceptionHandler {

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
}
