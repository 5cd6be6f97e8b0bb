package io.github.gill;

import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Metrics;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a user's metrics what happens, and bears with what they throw. Thread-safe. */
final class RequestMetrics implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RequestMetrics.class);

  private record State(IntSupplier queue) implements Metrics.State {
    @Override
    public int waiting() {
      return queue.getAsInt();
    }

    @Override
    public long nativeValues() {
      return Value.alive();
    }

    @Override
    public long weightBytes() {
      return Weights.bytesAlive();
    }
  }

  private final Metrics metrics;
  private final State state;
  private final AtomicBoolean complained = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  RequestMetrics(Metrics metrics, IntSupplier waiting) {
    this.metrics = metrics;
    this.state = new State(waiting);
    tell(to -> to.opened(state));
  }

  /** Tells of a chosen token, without allocating. */
  void token(long nanos) {
    try {
      metrics.token(nanos);
    } catch (RuntimeException | Error e) {
      complain(e);
    }
  }

  /** Tells of a denoising step. */
  void step(long nanos) {
    try {
      metrics.step(nanos);
    } catch (RuntimeException | Error e) {
      complain(e);
    }
  }

  /** Tells of a prompt that is about to be read. */
  void prompt(int read, int reused) {
    tell(to -> to.prompt(read, reused));
  }

  /** Tells of a request's answers. */
  void answered(List<Metrics.Kind> kinds, long nanos) {
    kinds.forEach(kind -> tell(to -> to.ended(kind, Metrics.Outcome.ANSWERED, nanos)));
  }

  /** Tells of a request without an answer. */
  void failed(Throwable failure, long nanos) {
    Metrics.Outcome outcome = outcome(failure);
    tell(to -> to.ended(Metrics.Kind.NONE, outcome, nanos));
  }

  /** Says what is in an answer. */
  static Metrics.Kind kind(Answer answer) {
    boolean found = false;
    boolean drawn = false;
    for (AnswerPart.Image image : answer.images()) {
      // Candidates are listed in any case, but have a picture only where they are shown.
      found |= image.retrieved().stream().anyMatch(candidate -> candidate.image() != null);
      drawn |= !image.generated().isEmpty();
    }
    return drawn
        ? found ? Metrics.Kind.BOTH : Metrics.Kind.GENERATED
        : found ? Metrics.Kind.RETRIEVED : Metrics.Kind.TEXT;
  }

  private void tell(Consumer<Metrics> what) {
    try {
      what.accept(metrics);
    } catch (RuntimeException | Error e) {
      complain(e);
    }
  }

  private void complain(Throwable failure) {
    if (complained.compareAndSet(false, true)) {
      LOG.warn("{} failed; answers go on, and this is not said again", metrics.getClass(), failure);
    }
  }

  private static Metrics.Outcome outcome(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof AnswerCancelledException) {
      return Metrics.Outcome.CANCELLED;
    }
    if (cause instanceof AnswerTimeoutException) {
      return Metrics.Outcome.TIMED_OUT;
    }
    return cause instanceof BusyException ? Metrics.Outcome.BUSY : Metrics.Outcome.FAILED;
  }

  /** Tells that the engine is closed, once. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      tell(to -> to.closed(state));
    }
  }
}
