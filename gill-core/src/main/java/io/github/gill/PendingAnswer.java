package io.github.gill;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A request on its way to an answer. Thread-safe. */
public final class PendingAnswer {

  /** What the work comes to. */
  private final CompletableFuture<Answer> outcome = new CompletableFuture<>();

  /** The same for the caller, after whoever counts requests has heard of it. */
  private final CompletableFuture<Answer> result;

  private final AtomicBoolean begun = new AtomicBoolean();
  private volatile boolean cancelled;

  /**
   * Makes a request.
   *
   * @param onEnd told once of the answer or the failure, before anybody else; does not throw
   */
  PendingAnswer(BiConsumer<@Nullable Answer, @Nullable Throwable> onEnd) {
    result = outcome.whenComplete(onEnd);
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
      fail(reason);
    }
  }

  /** Ends the request for its caller now, whatever its work is doing. */
  void expire(Duration timeout) {
    fail(
        new AnswerTimeoutException(
            "the answer took longer than "
                + timeout.toMillis()
                + " ms; ask for less or wait longer"));
    cancelled = true;
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
   */
  public Answer join() {
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
