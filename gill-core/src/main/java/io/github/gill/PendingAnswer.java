package io.github.gill;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A request on its way to an answer. Thread-safe. */
public final class PendingAnswer {

  /** A timer takes no longer one. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** What the work comes to. */
  private final CompletableFuture<Answer> outcome = new CompletableFuture<>();

  /** The same for the caller, after whoever counts requests has heard of it. */
  private final CompletableFuture<Answer> result;

  private final AtomicBoolean begun = new AtomicBoolean();
  private final BooleanSupplier ownThread;
  private volatile Runnable leave = () -> {};
  private volatile boolean cancelled;

  /**
   * Makes a request.
   *
   * @param onEnd told once of the answer or the failure, before anybody else; does not throw
   * @param ownThread says whether the calling thread is the one that would answer
   */
  PendingAnswer(
      BiConsumer<@Nullable Answer, @Nullable Throwable> onEnd, BooleanSupplier ownThread) {
    this.result = outcome.whenComplete(onEnd);
    this.ownThread = ownThread;
  }

  /**
   * Asks the request to end. A waiting request ends at once, a running one at its next token or
   * denoising step; {@link #join} then throws {@link AnswerCancelledException}.
   */
  public void cancel() {
    end(new AnswerCancelledException("the request was cancelled"));
  }

  /** Ends the request now if it waits, else at its next check. */
  void end(GillException reason) {
    cancelled = true;
    if (begun.compareAndSet(false, true)) {
      leave.run();
      fail(reason);
    }
  }

  /** Ends the request for its caller after a time, whatever its work is doing then. */
  void limit(Duration timeout) {
    var unused =
        result
            .copy()
            .orTimeout(
                timeout.compareTo(LONGEST) < 0 ? timeout.toMillis() : LONGEST.toMillis(),
                TimeUnit.MILLISECONDS)
            .whenComplete(
                (answer, failure) -> {
                  if (failure instanceof TimeoutException) {
                    expire(timeout);
                  }
                });
  }

  private void expire(Duration timeout) {
    cancelled = true;
    if (begun.compareAndSet(false, true)) {
      leave.run();
    }
    fail(
        new AnswerTimeoutException(
            "the answer took longer than "
                + timeout.toMillis()
                + " ms; ask for less or wait longer"));
  }

  /** Says whether the work may begin; true at most once. */
  boolean begin() {
    return begun.compareAndSet(false, true);
  }

  /**
   * Waits for the answer. Interrupting the waiting thread cancels the request.
   *
   * @return the answer
   * @throws GillException as the request ended
   * @throws IllegalArgumentException if the request is wrong in itself
   * @throws IllegalStateException if a listener calls this, whose thread is the one that answers;
   *     the request is cancelled
   */
  public Answer join() {
    if (!isDone() && ownThread.getAsBoolean()) {
      cancel();
      throw new IllegalStateException(
          "a listener waits for an answer on the thread that would give it; wait on another thread"
              + " or use completion()");
    }
    try {
      return result.get();
    } catch (InterruptedException e) {
      cancel();
      Thread.currentThread().interrupt();
      throw new AnswerCancelledException("the thread that waited for the answer was interrupted");
    } catch (ExecutionException e) {
      throw rethrown(Objects.requireNonNull(e.getCause()));
    }
  }

  /**
   * Tells when the answer is there or the request failed.
   *
   * @return a stage that completes with the answer or a {@link GillException}; completing it from
   *     outside does nothing to the request
   */
  public CompletionStage<Answer> completion() {
    return result.copy();
  }

  /**
   * Says whether the request has ended, one way or the other.
   *
   * @return true once {@link #join} would not wait
   */
  public boolean isDone() {
    return result.isDone();
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** Sets how the request leaves where it waits, which happens before anybody hears of its end. */
  void waitsIn(Runnable leave) {
    this.leave = leave;
  }

  void complete(Answer answer) {
    outcome.complete(answer);
  }

  void fail(Throwable cause) {
    outcome.completeExceptionally(cause);
  }

  private static RuntimeException rethrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException e ? e : new CompletionException(cause);
  }
}
