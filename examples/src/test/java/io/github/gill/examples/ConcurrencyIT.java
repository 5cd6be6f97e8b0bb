package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Answer;
import io.github.gill.AnswerCancelledException;
import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.AnswerTimeoutException;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.GillSession;
import io.github.gill.PendingAnswer;
import io.github.gill.Prompt;
import io.github.gill.SchedulerKind;
import io.github.gill.runtime.Value;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Many threads on one engine with all its parts. {@code -Dgill.concurrency.requests=100} makes the
 * full number of requests for each of the 8 threads.
 */
class ConcurrencyIT {

  private static final Path MICRO = Path.of("../gill-core/src/test/resources/micro");
  private static final int THREADS = 8;
  private static final int REQUESTS = Integer.getInteger("gill.concurrency.requests", 8);
  private static final int KINDS = 20;

  private static Gill gill;

  @BeforeAll
  static void load() {
    gill = Gill.load(MICRO);
  }

  @AfterAll
  static void close() {
    gill.close();
  }

  /** Everything of an answer but its times, bit for bit. */
  private record Outcome(List<Integer> tokens, List<String> parts) {

    static Outcome of(Answer answer) {
      List<String> parts = new ArrayList<>();
      for (AnswerPart part : answer.parts()) {
        if (part instanceof AnswerPart.Image image) {
          parts.add(image.decision() + " " + image.probabilities());
          image.retrieved().forEach(r -> parts.add(r.index() + " " + r.score() + hash(r.image())));
          image.generated().forEach(g -> parts.add(g.score() + hash(g.image())));
        } else {
          parts.add(part.toString());
        }
      }
      return new Outcome(answer.tokens(), parts);
    }

    private static String hash(@Nullable BufferedImage image) {
      if (image == null) {
        return " none";
      }
      int width = image.getWidth();
      int height = image.getHeight();
      int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
      return " " + width + "x" + height + " " + Arrays.hashCode(pixels);
    }
  }

  /** Text, pictures found, pictures drawn, both, and conversations, each with its own seeds. */
  private static List<Outcome> ask(int number) {
    switch (number % 5) {
      case 0 -> {
        return List.of(Outcome.of(gill.answer(prompt(number), words(number))));
      }
      case 1 -> {
        return List.of(Outcome.of(gill.answer(prompt(number), picture(number, 1))));
      }
      case 2 -> {
        AnswerSettings drawing = picture(number, 1 + number % 2);
        return List.of(Outcome.of(gill.answer(prompt(number), drawing)));
      }
      case 3 -> {
        AnswerSettings sampled = picture(number, 1).toBuilder().imagesPerSlot(2).build();
        return List.of(Outcome.of(gill.answer(prompt(number), sampled)));
      }
      default -> {
        List<Outcome> turns = new ArrayList<>();
        try (GillSession session = gill.newSession()) {
          for (int turn = 0; turn < 3; turn++) {
            turns.add(Outcome.of(session.answer(prompt(number + turn), words(number + turn))));
          }
        }
        return turns;
      }
    }
  }

  private static Prompt prompt(int number) {
    Prompt.Builder prompt = Prompt.builder();
    if (number % 2 == 1) {
      prompt.image(MICRO.resolve("images/%03d.png".formatted(number % 12)));
    }
    return prompt.text("Q: Story number " + number + "\nA:").build();
  }

  private static AnswerSettings words(int number) {
    return AnswerSettings.builder().numWords(6).temperature(1).samplingSeed(number).build();
  }

  private static AnswerSettings picture(int number, int steps) {
    DecisionMode[] modes = {DecisionMode.RETRIEVE, DecisionMode.GENERATE, DecisionMode.BOTH};
    return AnswerSettings.builder()
        .numWords(1)
        .forceImage()
        .decision(modes[(number % 5 + 2) % 3])
        .diffusion(
            DiffusionSettings.builder()
                .steps(steps)
                .scheduler(number % 2 == 0 ? SchedulerKind.DDIM : SchedulerKind.EULER_A)
                .safetyChecker(false)
                .seed(number)
                .build())
        .build();
  }

  @Test
  void givesEveryThreadTheAnswersItGetsAlone() throws Exception {
    List<List<Outcome>> alone = new ArrayList<>();
    for (int i = 0; i < KINDS; i++) {
      alone.add(ask(i));
    }
    assertTrue(
        alone.stream().distinct().count() > KINDS * 3 / 4, "the requests' answers differ at all");
    long values = Value.alive();
    AtomicInteger cancelled = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> working = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        Random random = new Random(t);
        working.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < REQUESTS; i++) {
                    if (random.nextInt(4) == 0 && endedByCancelling(random)) {
                      cancelled.incrementAndGet();
                    }
                    int number = random.nextInt(KINDS);
                    assertEquals(alone.get(number), ask(number), "request " + number);
                  }
                }));
      }
      for (Future<?> one : working) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertTrue(cancelled.get() >= THREADS, cancelled + " cancelled");
    assertEquals(values, Value.alive());
  }

  /** Cancels a request while it waits or at its first event, whichever comes first. */
  private static boolean endedByCancelling(Random random) {
    CompletableFuture<PendingAnswer> submitted = new CompletableFuture<>();
    boolean waiting = random.nextBoolean();
    PendingAnswer pending =
        gill.submit(prompt(7), picture(2, 20), event -> submitted.join().cancel());
    submitted.complete(pending);
    if (waiting) {
      pending.cancel();
    }
    assertThrows(AnswerCancelledException.class, pending::join);
    return true;
  }

  /** Whoever ends a request during a denoising step hears of no further step. */
  @Test
  void endsWithinOneDenoisingStep() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Steps cancelling = new Steps(steps -> steps.pending().cancel());
    assertEquals(1, cancelling.until(AnswerCancelledException.class, gill, drawing()));

    Steps expiring = new Steps(steps -> await(ended));
    AnswerSettings limited = drawing().toBuilder().timeout(Duration.ofSeconds(1)).build();
    expiring.start(gill, limited);
    assertThrows(AnswerTimeoutException.class, expiring.pending()::join);
    ended.countDown();
    gill.answer(prompt(0), words(0));
    assertTrue(expiring.count.get() <= 1, expiring.count + " steps after the timeout");

    Gill closing = Gill.load(MICRO);
    CountDownLatch drawing = new CountDownLatch(1);
    Steps closed =
        new Steps(
            steps -> {
              drawing.countDown();
              await(new CountDownLatch(1)); // until closing interrupts
            });
    closed.start(closing, drawing());
    await(drawing);
    closing.close();
    assertThrows(AnswerCancelledException.class, closed.pending()::join);
    assertEquals(1, closed.count.get());
  }

  private static AnswerSettings drawing() {
    return picture(2, 50);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Counts denoising steps and does something at the first. */
  private static final class Steps implements Consumer<AnswerEvent> {
    private final AtomicInteger count = new AtomicInteger();
    private final CompletableFuture<PendingAnswer> submitted = new CompletableFuture<>();
    private final Consumer<Steps> atFirst;

    Steps(Consumer<Steps> atFirst) {
      this.atFirst = atFirst;
    }

    @Override
    public void accept(AnswerEvent event) {
      if (event instanceof AnswerEvent.Denoised && count.incrementAndGet() == 1) {
        atFirst.accept(this);
      }
    }

    void start(Gill engine, AnswerSettings settings) {
      submitted.complete(engine.submit(prompt(2), settings, this));
    }

    PendingAnswer pending() {
      return submitted.join();
    }

    int until(Class<? extends RuntimeException> end, Gill engine, AnswerSettings settings) {
      start(engine, settings);
      assertThrows(end, pending()::join);
      engine.answer(prompt(0), words(0));
      return count.get();
    }
  }
}
