package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.Metrics;
import io.github.gill.testing.Micro;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an engine tells of its work and holds in memory. */
@Timeout(120)
class MetricsIT {

  private static final AnswerSettings SIX_WORDS = AnswerSettings.builder().numWords(6).build();

  /** Keeps what it is told. */
  private static final class Recorder implements Metrics {
    private final List<String> ended = new CopyOnWriteArrayList<>();
    private final List<String> prompts = new CopyOnWriteArrayList<>();
    private final List<State> states = new CopyOnWriteArrayList<>();
    private final AtomicInteger tokens = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    @Override
    public void opened(State state) {
      states.add(state);
    }

    @Override
    public void closed(State state) {
      assertEquals(states, List.of(state));
      closed.incrementAndGet();
    }

    @Override
    public void prompt(int read, int reused) {
      prompts.add(read + " after " + reused);
    }

    @Override
    public void token(long nanos) {
      assertTrue(nanos >= 0, "a token took " + nanos + " ns");
      tokens.incrementAndGet();
    }

    @Override
    public void ended(Kind kind, Outcome outcome, long nanos) {
      ended.add(kind + " " + outcome);
    }
  }

  private final Recorder recorder = new Recorder();

  private Gill load(Metrics metrics) {
    return Gill.builder().model(Micro.FOLDER).queueCapacity(1).metrics(metrics).build();
  }

  @Test
  void countsTokensAndAnswersBeforeTheCallerHasThem() {
    try (Gill gill = load(recorder)) {
      gill.answer(Prompt.of("A cat sat on a woven basket"), SIX_WORDS);
      assertEquals(6, recorder.tokens.get());
      assertEquals(List.of("TEXT ANSWERED"), recorder.ended);
      gill.answerAll(List.of(Prompt.of("A cat"), Prompt.of("A dog")), SIX_WORDS);
      assertEquals(18, recorder.tokens.get());
      assertEquals(3, recorder.ended.size());
    }
  }

  @Test
  void countsWhatASessionsCacheSpares() {
    try (Gill gill = load(recorder);
        GillSession session = gill.newSession()) {
      session.answer(Prompt.of("A cat"), SIX_WORDS);
      session.answer(Prompt.of("A dog"), SIX_WORDS);
    }
    int first = Integer.parseInt(recorder.prompts.get(0).replace(" after 0", ""));
    assertTrue(
        recorder.prompts.get(1).endsWith(" after " + first),
        "the second turn reuses the first turn's positions: " + recorder.prompts);
  }

  @Test
  void countsEveryOtherEndByItsCause() {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (Gill gill = load(recorder)) {
      PendingAnswer running =
          gill.submit(
              Prompt.of("A"),
              SIX_WORDS,
              event -> {
                started.countDown();
                await(release);
              });
      await(started);
      PendingAnswer late =
          gill.submit(
              Prompt.of("B"),
              SIX_WORDS.toBuilder().timeout(Duration.ofMillis(1)).build(),
              event -> {});
      assertThrows(AnswerTimeoutException.class, late::join);
      assertEquals(0, recorder.states.get(0).waiting(), "it has left the queue");
      PendingAnswer waiting = gill.submit(Prompt.of("D"), SIX_WORDS, event -> {});
      assertEquals(1, recorder.states.get(0).waiting());
      assertThrows(BusyException.class, () -> gill.submit(Prompt.of("C"), SIX_WORDS, e -> {}));
      waiting.cancel();
      running.cancel();
      release.countDown();
      assertThrows(AnswerCancelledException.class, running::join);
      assertThrows(LimitException.class, () -> gill.answer(Prompt.of("word ".repeat(5000))));
    }
    assertEquals(
        List.of("NONE TIMED_OUT", "NONE BUSY", "NONE CANCELLED", "NONE CANCELLED", "NONE FAILED"),
        recorder.ended);
  }

  @Test
  void answersAsEverIfTheMetricsThrow() {
    Metrics broken =
        new Metrics() {
          @Override
          public void opened(State state) {
            throw new IllegalStateException("opened");
          }

          @Override
          public void prompt(int read, int reused) {
            throw new AssertionError("prompt");
          }

          @Override
          public void token(long nanos) {
            throw new IllegalStateException("token");
          }

          @Override
          public void ended(Kind kind, Outcome outcome, long nanos) {
            throw new IllegalStateException("ended");
          }

          @Override
          public void closed(State state) {
            throw new IllegalStateException("closed");
          }
        };
    try (Gill gill = load(broken)) {
      assertEquals(6, gill.answer(Prompt.of("A cat"), SIX_WORDS).tokens().size());
      assertThrows(LimitException.class, () -> gill.answer(Prompt.of("word ".repeat(5000))));
    }
  }

  @Test
  void closingFreesEveryWeightAndValueHoweverOften() {
    long weights = Weights.bytesAlive();
    long values = Value.alive();
    long open = 0;
    for (int i = 0; i < 3; i++) {
      try (Gill gill = load(recorder)) {
        gill.answer(Prompt.of("A cat"), SIX_WORDS);
        long held = recorder.states.get(0).weightBytes() - weights;
        assertTrue(held > 100_000, "the weights take " + held + " bytes");
        open = i == 0 ? held : open;
        assertEquals(open, held, "each load takes what the first took");
      }
      assertEquals(weights, Weights.bytesAlive());
      assertEquals(values, Value.alive());
      assertEquals(i + 1, recorder.closed.get());
      recorder.states.clear();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
