package io.github.gill.examples.cli;

import io.github.gill.AnswerEvent;
import java.io.PrintWriter;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Shows denoising on standard error: a bar on a terminal, a line per picture elsewhere. */
final class ProgressView implements Consumer<AnswerEvent>, AutoCloseable {

  private final PrintWriter err;
  private final boolean terminal = CommandLine.Help.Ansi.AUTO.enabled();
  private @Nullable ProgressBar bar;

  ProgressView(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void accept(AnswerEvent event) {
    if (!(event instanceof AnswerEvent.Denoised denoised)) {
      return;
    }
    if (!terminal) {
      if (denoised.step() == denoised.steps()) {
        err.println("picture " + denoised.slot() + ": " + denoised.steps() + " steps");
        err.flush();
      }
      return;
    }
    ProgressBar shown = bar;
    if (shown == null || denoised.step() == 1) {
      close();
      shown =
          new ProgressBarBuilder()
              .setTaskName("picture " + denoised.slot())
              .setInitialMax(denoised.steps())
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(
                  new DelegatingProgressBarConsumer(
                      line -> {
                        err.print('\r' + line);
                        err.flush();
                      },
                      80))
              .build();
      bar = shown;
    }
    shown.stepTo(denoised.step());
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      err.println();
    }
  }
}
