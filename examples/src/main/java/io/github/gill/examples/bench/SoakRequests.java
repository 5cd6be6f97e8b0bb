package io.github.gill.examples.bench;

import io.github.gill.AnswerCancelledException;
import io.github.gill.AnswerEvent;
import io.github.gill.AnswerSettings;
import io.github.gill.AnswerTimeoutException;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.GillSession;
import io.github.gill.LimitException;
import io.github.gill.PendingAnswer;
import io.github.gill.PictureException;
import io.github.gill.Prompt;
import io.github.gill.SchedulerKind;
import java.awt.image.BufferedImage;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Requests of every kind and every end, chosen at random from a seed. */
final class SoakRequests implements AutoCloseable {

  /** What a request asks for, or how it ends. */
  enum Kind {
    /** Words only, at times with a picture in the prompt. */
    TEXT,
    /** A turn of a conversation that grows, is taken back, and is replaced. */
    TURN,
    /** A picture that is found. */
    RETRIEVE,
    /** A picture that is drawn. */
    GENERATE,
    /** A picture that is found and drawn. */
    BOTH,
    /** Ends at a token or a denoising step because the caller cancels. */
    CANCELLED,
    /** Is refused: over a limit, or a picture that is none. */
    FAILED,
    /** Ends because it takes too long. */
    TIMED_OUT
  }

  private static final int TURNS = 6;

  /** An idle engine gives memory back after a second. */
  private static final Duration IDLE = Duration.ofSeconds(3);

  private final Gill gill;
  private final Random random;
  private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
  private GillSession session;
  private int turns;

  SoakRequests(Gill gill, long seed) {
    this.gill = gill;
    this.random = new Random(seed);
    this.session = gill.newSession();
  }

  /** Makes one request and waits for its end: each kind once at first, then any. */
  void next() {
    Kind[] kinds = Kind.values();
    next(kinds[counts.size() < kinds.length ? counts.size() : random.nextInt(kinds.length)]);
  }

  /** Makes one request and waits for its end, which must be that of its kind. */
  void next(Kind kind) {
    counts.merge(kind, 1, Integer::sum);
    switch (kind) {
      case TEXT -> gill.answer(prompt(), words(1 + random.nextInt(12)));
      case TURN -> turn();
      case RETRIEVE -> gill.answer(prompt(), picture(DecisionMode.RETRIEVE, 1));
      case GENERATE -> gill.answer(prompt(), picture(DecisionMode.GENERATE, 1 + random.nextInt(4)));
      case BOTH -> gill.answer(prompt(), picture(DecisionMode.BOTH, 2));
      case CANCELLED -> cancel();
      case FAILED -> fail();
      case TIMED_OUT -> timeOut();
    }
  }

  /**
   * Waits for work that timed out, frees what lasts from one request to the next, and lets the
   * engine be idle.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  void settle() throws InterruptedException {
    session.close();
    gill.answer(Prompt.of("A"), words(1));
    session = gill.newSession();
    turns = 0;
    Thread.sleep(IDLE.toMillis());
  }

  /** Says how many requests of each kind were made. */
  Map<Kind, Integer> counts() {
    return counts;
  }

  private void turn() {
    if (++turns > TURNS) {
      session.close();
      session = gill.newSession();
      turns = 1;
    }
    session.answer(prompt(), words(6));
    if (random.nextInt(3) == 0) {
      session.undo();
    }
  }

  private void cancel() {
    boolean early = random.nextBoolean();
    AnswerSettings settings = early ? words(40) : picture(DecisionMode.GENERATE, 20);
    Class<?> at = early ? AnswerEvent.Token.class : AnswerEvent.Denoised.class;
    CompletableFuture<PendingAnswer> submitted = new CompletableFuture<>();
    PendingAnswer pending =
        gill.submit(
            prompt(),
            settings,
            event -> {
              if (at.isInstance(event)) {
                submitted.join().cancel();
              }
            });
    submitted.complete(pending);
    expect(AnswerCancelledException.class, pending::join);
  }

  private void fail() {
    if (random.nextBoolean()) {
      expect(LimitException.class, () -> gill.answer(Prompt.of("word ".repeat(5000))));
    } else {
      byte[] noise = new byte[1000];
      random.nextBytes(noise);
      Prompt prompt = Prompt.builder().image(noise).text("What is this?").build();
      expect(PictureException.class, () -> gill.answer(prompt));
    }
  }

  private void timeOut() {
    AnswerSettings settings =
        picture(DecisionMode.GENERATE, 250).toBuilder()
            .timeout(Duration.ofMillis(20 + random.nextInt(80)))
            .build();
    expect(AnswerTimeoutException.class, () -> gill.answer(prompt(), settings));
  }

  private static void expect(Class<? extends RuntimeException> end, Runnable request) {
    try {
      request.run();
    } catch (RuntimeException e) {
      if (end.isInstance(e)) {
        return;
      }
      throw e;
    }
    throw new IllegalStateException(
        "a request was answered that had to end with " + end.getSimpleName());
  }

  /** A text of any length, in one of two cases after a picture of any size. */
  private Prompt prompt() {
    Prompt.Builder prompt = Prompt.builder();
    if (random.nextBoolean()) {
      int side = 16 + random.nextInt(240);
      BufferedImage noise = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
      int[] pixels = random.ints((long) side * side).toArray();
      noise.setRGB(0, 0, side, side, pixels, 0, side);
      prompt.image(noise);
    }
    return prompt.text("Q: " + "apple ".repeat(1 + random.nextInt(10)) + "\nA:").build();
  }

  private AnswerSettings words(int count) {
    return AnswerSettings.builder()
        .numWords(count)
        .maxImages(0)
        .temperature(1)
        .samplingSeed(random.nextInt())
        .build();
  }

  private AnswerSettings picture(DecisionMode decision, int steps) {
    return AnswerSettings.builder()
        .numWords(1)
        .forceImage()
        .decision(decision)
        .diffusion(
            DiffusionSettings.builder()
                .steps(steps)
                .scheduler(SchedulerKind.DDIM)
                .seed(random.nextInt())
                .build())
        .build();
  }

  @Override
  public void close() {
    session.close();
  }
}
