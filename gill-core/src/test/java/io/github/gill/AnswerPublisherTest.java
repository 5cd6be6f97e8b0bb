package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AnswerPublisherTest {

  private static final AnswerEvent.Token TOKEN = new AnswerEvent.Token(7, "seven");

  /** Keeps its subscription and what it is told. */
  private static final class Recorder implements Flow.Subscriber<AnswerEvent> {
    final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    final BlockingQueue<AnswerEvent> events = new LinkedBlockingQueue<>();
    final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    final CountDownLatch completed = new CountDownLatch(1);

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription.complete(given);
    }

    @Override
    public void onNext(AnswerEvent event) {
      events.add(event);
    }

    @Override
    public void onError(Throwable thrown) {
      failure.complete(thrown);
    }

    @Override
    public void onComplete() {
      completed.countDown();
    }
  }

  private static PendingAnswer pending() {
    return new PendingAnswer((answer, failure) -> {}, () -> false);
  }

  @Test
  void cancellingTheSubscriptionTakesAWaitingRequestOutOfTheQueue() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    try (RequestQueue queue = new RequestQueue(4)) {
      queue.submit(
          () -> {
            begun.countDown();
            awaitQuietly(busy);
          },
          pending());
      begun.await();
      PendingAnswer waiting = pending();
      Recorder recorder = new Recorder();
      new AnswerPublisher(
              listener -> {
                queue.submit(() -> assertTrue(waiting.begin()), waiting);
                return waiting;
              })
          .subscribe(recorder);
      assertEquals(1, queue.waiting());

      recorder.subscription.get().cancel();

      assertEquals(0, queue.waiting());
      assertTrue(waiting.isDone());
      assertFalse(waiting.begin(), "a cancelled request never starts");
      assertThrows(AnswerCancelledException.class, waiting::join);
      busy.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void cancellingBeforeTheRequestIsQueuedCancelsItThen() {
    PendingAnswer late = pending();
    Recorder recorder = new Recorder();
    new AnswerPublisher(
            listener -> {
              recorder.subscription.join().cancel();
              return late;
            })
        .subscribe(recorder);
    assertTrue(late.isDone());
  }

  @Test
  void failsASubscriberThatLagsInsteadOfWaitingForIt() throws Exception {
    PendingAnswer pending = pending();
    Recorder recorder = new Recorder();
    int[] passed = {0};
    new AnswerPublisher(
            listener -> {
              // Nothing is requested, so every event stays in the buffer.
              AnswerCancelledException refusal =
                  assertThrows(
                      AnswerCancelledException.class,
                      () -> {
                        while (passed[0] <= 2 * AnswerPublisher.BUFFER) {
                          listener.accept(TOKEN);
                          passed[0]++;
                        }
                      });
              pending.fail(refusal);
              return pending;
            })
        .subscribe(recorder);
    assertEquals(AnswerPublisher.BUFFER, passed[0]);
    Throwable failure = recorder.failure.get();
    assertInstanceOf(AnswerCancelledException.class, failure);
    assertTrue(failure.getMessage().contains("8192 events behind"), failure::getMessage);
  }

  @Test
  void endsTheStreamWithTheAnswer() throws Exception {
    PendingAnswer pending = pending();
    Recorder recorder = new Recorder();
    new AnswerPublisher(
            listener -> {
              listener.accept(TOKEN);
              return pending;
            })
        .subscribe(recorder);
    recorder.subscription.get().request(Long.MAX_VALUE);
    pending.complete(AnswerLoop.NO_ANSWER);
    recorder.completed.await();
    assertEquals(List.of(TOKEN), List.copyOf(recorder.events));
    assertFalse(recorder.failure.isDone());
  }

  @Test
  void failsTheSubscriberWhereNoRequestCanBeQueued() throws Exception {
    Recorder recorder = new Recorder();
    BusyException full = new BusyException("4 requests are waiting");
    new AnswerPublisher(
            listener -> {
              throw full;
            })
        .subscribe(recorder);
    assertEquals(full, recorder.failure.get());
  }
}
