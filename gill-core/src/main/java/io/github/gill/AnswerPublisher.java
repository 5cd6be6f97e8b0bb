package io.github.gill;

import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.SubmissionPublisher;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers a prompt anew for each subscription, and ends a request with its subscription. */
final class AnswerPublisher implements Flow.Publisher<AnswerEvent> {

  /** More events than one answer within the default limits can have; a power of two. */
  static final int BUFFER = 8192;

  private final Function<Consumer<AnswerEvent>, PendingAnswer> ask;

  /**
   * Makes a publisher.
   *
   * @param ask queues a request that tells a listener what happens
   */
  AnswerPublisher(Function<Consumer<AnswerEvent>, PendingAnswer> ask) {
    this.ask = ask;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super AnswerEvent> subscriber) {
    SubmissionPublisher<AnswerEvent> events =
        new SubmissionPublisher<>(ForkJoinPool.commonPool(), BUFFER);
    Link link = new Link(subscriber);
    events.subscribe(link);
    try {
      PendingAnswer pending = ask.apply(event -> pass(events, event));
      pending
          .completion()
          .whenComplete(
              (answer, failure) -> {
                if (failure == null) {
                  events.close();
                } else {
                  // Stages wrap what a request ends with.
                  Throwable cause =
                      failure instanceof CompletionException ? failure.getCause() : failure;
                  events.closeExceptionally(cause == null ? failure : cause);
                }
              });
      link.follows(pending);
    } catch (RuntimeException e) {
      events.closeExceptionally(e);
    }
  }

  /** Hands an event on without waiting: the engine's one thread calls this. */
  private static void pass(SubmissionPublisher<AnswerEvent> events, AnswerEvent event) {
    if (events.offer(event, null) < 0) {
      throw new AnswerCancelledException(
          "the subscriber is "
              + BUFFER
              + " events behind, so its request was ended; request events as they come, or ask for"
              + " fewer previews, steps or words");
    }
    if (!events.hasSubscribers()) {
      throw new AnswerCancelledException("the subscription was cancelled");
    }
  }

  /** Hands everything on, and cancels the request when the subscription is cancelled. */
  private static final class Link implements Flow.Subscriber<AnswerEvent> {
    private final Flow.Subscriber<? super AnswerEvent> target;
    private @Nullable PendingAnswer pending;
    private boolean cancelled;

    Link(Flow.Subscriber<? super AnswerEvent> target) {
      this.target = target;
    }

    /** Names the request, which may be queued after the subscription is there or cancelled. */
    void follows(PendingAnswer request) {
      boolean late;
      synchronized (this) {
        pending = request;
        late = cancelled;
      }
      if (late) {
        request.cancel();
      }
    }

    private void cancelRequest() {
      PendingAnswer request;
      synchronized (this) {
        cancelled = true;
        request = pending;
      }
      if (request != null) {
        request.cancel();
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      target.onSubscribe(
          new Flow.Subscription() {
            @Override
            public void request(long count) {
              subscription.request(count);
            }

            @Override
            public void cancel() {
              subscription.cancel();
              cancelRequest();
            }
          });
    }

    @Override
    public void onNext(AnswerEvent event) {
      target.onNext(event);
    }

    @Override
    public void onError(Throwable failure) {
      target.onError(failure);
    }

    @Override
    public void onComplete() {
      target.onComplete();
    }
  }
}
