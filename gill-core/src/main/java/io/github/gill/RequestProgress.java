package io.github.gill;

import io.github.gill.spi.Progress;
import java.awt.image.BufferedImage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Connects the work on one request with the caller's wishes, listener and trace. */
final class RequestProgress implements Progress {

  private final PendingAnswer pending;
  private final Consumer<AnswerEvent> listener;
  private final @Nullable Trace trace;
  private final int previewEvery;
  private final RequestMetrics metrics;
  private long last = System.nanoTime();
  private int slot;
  private String prefix = "";

  RequestProgress(
      PendingAnswer pending,
      AnswerSettings settings,
      Consumer<AnswerEvent> listener,
      @Nullable Trace trace,
      RequestMetrics metrics) {
    this.pending = pending;
    this.metrics = metrics;
    this.listener = listener;
    this.trace = trace;
    this.previewEvery = settings.previewEvery();
  }

  /** Lets following steps and tensors belong to a picture of the answer. */
  void enterSlot(int index) {
    slot = index;
    prefix = "image" + index + ".";
  }

  /** Counts a prompt's positions and lets the time of its first token begin. */
  void prompt(int read, int reused) {
    metrics.prompt(read, reused);
    lap();
  }

  /** Counts a chosen token. */
  void token() {
    metrics.token(lap());
  }

  /** Lets the time of the first denoising step begin. */
  void drawing() {
    lap();
  }

  private long lap() {
    long now = System.nanoTime();
    long passed = now - last;
    last = now;
    return passed;
  }

  void tell(AnswerEvent event) {
    listener.accept(event);
  }

  @Override
  public void check() {
    if (pending.isCancelled()) {
      throw new AnswerCancelledException("the request was cancelled");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new AnswerCancelledException("the engine was closed while the request ran");
    }
  }

  @Override
  public void step(int step, int steps, Supplier<BufferedImage> preview) {
    metrics.step(lap());
    boolean wanted = previewEvery > 0 && step % previewEvery == 0 && step < steps;
    tell(new AnswerEvent.Denoised(slot, step, steps, wanted ? preview.get() : null));
  }

  @Override
  public boolean tracing() {
    return trace != null;
  }

  @Override
  public void trace(String name, float[] values, long... shape) {
    if (trace != null) {
      trace.tensor(prefix + name, values, shape);
    }
  }
}
