package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.gill.runtime.Value;
import io.github.gill.testing.Micro;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine without the optional modules: text answers, the queue and its manners. */
@Timeout(120)
class GillIT {

  private static Gill gill;

  @BeforeAll
  static void load() {
    gill = Gill.load(Micro.FOLDER);
  }

  @AfterAll
  static void close() {
    gill.close();
  }

  @Test
  void answersTextAsTheOriginalDoes() {
    Answer answer =
        gill.answer(
            Prompt.of("A cat sat on a woven basket"), AnswerSettings.builder().numWords(6).build());
    assertEquals(List.of(367, 367, 367, 367, 367, 367), answer.tokens());
    assertEquals("ntntntntntnt", answer.text());
  }

  @Test
  void takesTheLongestTimeout() {
    AnswerSettings patient =
        AnswerSettings.builder().numWords(1).timeout(Duration.ofSeconds(Long.MAX_VALUE)).build();
    assertEquals(
        List.of(367), gill.answer(Prompt.of("A cat sat on a woven basket"), patient).tokens());
  }

  /** Pixel values within 0.03, everything else within 1e-3, relative. */
  @Test
  void readsPicturesAsTheOriginalDoes() {
    Map<String, float[]> traced = new HashMap<>();
    Answer answer =
        gill.submit(
                Prompt.builder()
                    .image(Micro.FOLDER.resolve("images/000.png"))
                    .text("What is this? A")
                    .build(),
                AnswerSettings.builder().numWords(8).retScaleFactor(1.3).build(),
                event -> {},
                (name, values, shape) -> traced.put(name, values.clone()))
            .join();
    assertEquals(List.of(398, 132, 132, 132, 132, 132, 188, 188), answer.tokens());
    assertEquals(
        expectedText("image_then_text"), answer.text(), "incomplete characters become U+FFFD");
    float[] pixels = traced.get("prompt_image0.pixel_values");
    float[] expected = Micro.tensor("image0.pixel_values");
    for (int i = 0; i < pixels.length; i++) {
      assertEquals(expected[i], pixels[i], 0.03);
    }
    assertClose("image0.pooled", traced.get("prompt_image0.pooled"));
    assertClose("image0.visual_tokens", traced.get("prompt_image0.visual_tokens"));
    assertClose("image_then_text.input_embeddings", traced.get("input_embeddings"));
    assertClose("image_then_text.last_hidden", traced.get("last_hidden"));
  }

  @Test
  void samplesTheOriginalsTokens() {
    Answer answer =
        gill.answer(
            Prompt.of("The dog ran along the beach and"),
            AnswerSettings.builder()
                .numWords(10)
                .temperature(0.8)
                .topP(0.9)
                .samplingSeed(11)
                .build());
    assertEquals(List.of(16, 324, 274, 274, 274, 274, 185, 16, 16, 16), answer.tokens());
    assertEquals(expectedText("sampled"), answer.text());
  }

  /** Prompts of every length with and without pictures, as one request and one by one. */
  @Test
  void answersTogetherWhatItAnswersAlone() {
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Prompt.Builder prompt = Prompt.builder();
      if (i % 3 == 0) {
        prompt.image(Micro.FOLDER.resolve("images/00" + i + ".png"));
      }
      prompts.add(prompt.text("Once more. ".repeat(i) + "Story number " + i).build());
    }
    for (double temperature : new double[] {0, 1}) {
      AnswerSettings settings =
          AnswerSettings.builder()
              .numWords(9)
              .retScaleFactor(1.3)
              .temperature(temperature)
              .samplingSeed(5)
              .build();
      List<Answer> together = gill.answerAll(prompts, settings);
      assertEquals(prompts.size(), together.size());
      for (int i = 0; i < prompts.size(); i++) {
        Answer alone = gill.answer(prompts.get(i), settings);
        assertEquals(alone.tokens(), together.get(i).tokens(), "prompt " + i);
        assertEquals(alone.text(), together.get(i).text(), "prompt " + i);
      }
    }
    assertEquals(List.of(), gill.answerAll(List.of(), AnswerSettings.DEFAULTS));
  }

  @Test
  void givesManyThreadsTheAnswersTheyHaveAlone() throws Exception {
    List<Answer> alone = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      alone.add(answerNumber(i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Answer>> together = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int number = i % 4;
        together.add(threads.submit(() -> answerNumber(number)));
      }
      for (int i = 0; i < together.size(); i++) {
        assertEquals(alone.get(i % 4).tokens(), together.get(i).get().tokens());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Answer answerNumber(int number) {
    return gill.answer(
        Prompt.of("Story number " + number),
        AnswerSettings.builder().numWords(8).temperature(1).samplingSeed(number).build());
  }

  @Test
  void streamsTokensAndTheAnswer() throws Exception {
    List<AnswerEvent> events = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    gill.publish(Prompt.of("A cat"), AnswerSettings.builder().numWords(5).build())
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
              }

              @Override
              public void onNext(AnswerEvent event) {
                events.add(event);
              }

              @Override
              public void onError(Throwable failure) {
                done.countDown();
              }

              @Override
              public void onComplete() {
                done.countDown();
              }
            });
    done.await();
    AnswerEvent last = events.get(events.size() - 1);
    Answer answer = ((AnswerEvent.Finished) last).answer();
    List<Integer> streamed =
        events.stream()
            .filter(AnswerEvent.Token.class::isInstance)
            .map(event -> ((AnswerEvent.Token) event).id())
            .toList();
    assertEquals(answer.tokens(), streamed);
  }

  @Test
  void endsACancelledRequestWithinOneToken() {
    LinkedBlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    PendingAnswer[] pending = new PendingAnswer[1];
    CountDownLatch submitted = new CountDownLatch(1);
    pending[0] =
        gill.submit(
            Prompt.of("A cat"),
            AnswerSettings.builder().numWords(100).build(),
            event -> {
              if (event instanceof AnswerEvent.Token token) {
                seen.add(token.id());
                await(submitted);
                pending[0].cancel();
              }
            });
    submitted.countDown();
    assertThrows(AnswerCancelledException.class, pending[0]::join);
    assertEquals(1, seen.size());
    assertEquals("ntntntntntnt", answerAgain().text(), "the engine goes on");
  }

  @Test
  void endsAWaitingRequestAtOnceWhenCancelled() {
    CountDownLatch release = new CountDownLatch(1);
    PendingAnswer running =
        gill.submit(
            Prompt.of("A"), AnswerSettings.builder().numWords(1).build(), event -> await(release));
    PendingAnswer waiting = gill.submit(Prompt.of("B"), AnswerSettings.DEFAULTS, event -> {});
    waiting.cancel();
    assertThrows(AnswerCancelledException.class, waiting::join);
    release.countDown();
    running.join();
  }

  @Test
  void endsARequestThatTakesTooLong() {
    AnswerSettings settings =
        AnswerSettings.builder().numWords(200).timeout(Duration.ofMillis(1)).build();
    String message =
        assertThrows(AnswerTimeoutException.class, () -> gill.answer(Prompt.of("A cat"), settings))
            .getMessage();
    assertTrue(message.contains("longer than 1 ms"), message);
    assertEquals("ntntntntntnt", answerAgain().text(), "the engine goes on");
  }

  @Test
  void reportsWhatAListenerThrows() {
    PendingAnswer pending =
        gill.submit(
            Prompt.of("A cat"),
            AnswerSettings.DEFAULTS,
            event -> {
              throw new IllegalStateException("the listener failed");
            });
    assertEquals(
        "the listener failed",
        assertThrows(IllegalStateException.class, pending::join).getMessage());
  }

  @Test
  void refusesRequestsOverALimitBeforeWorkStarts() {
    assertRefused(
        Prompt.of("word ".repeat(5000)), AnswerSettings.DEFAULTS, "prompt tokens", "raise Limits");
    assertRefused(
        Prompt.of("A cat"),
        AnswerSettings.builder().numWords(255).build(),
        "the language model takes 256 together",
        "lower numWords");
    assertRefused(
        Prompt.of("A cat"),
        AnswerSettings.builder().maxImages(5).imagesPerSlot(5).build(),
        "pictures in the answer: 25 asked for, 16 allowed");
    assertRefused(
        Prompt.of("A cat"),
        AnswerSettings.builder().diffusion(DiffusionSettings.builder().steps(1000).build()).build(),
        "steps: 1000 asked for, 250 allowed");
    assertRefused(
        Prompt.of("a".repeat(10_000_000)),
        AnswerSettings.DEFAULTS,
        "characters in the prompt: 10000000 asked for");
  }

  private static void assertRefused(Prompt prompt, AnswerSettings settings, String... words) {
    String message =
        assertThrows(LimitException.class, () -> gill.answer(prompt, settings)).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  @Test
  void saysWhichModuleAForcedPictureNeeds() {
    AnswerSettings settings =
        AnswerSettings.builder().decision(DecisionMode.GENERATE).forceImage().build();
    assertTrue(
        assertThrows(
                UnsupportedRequestException.class, () -> gill.answer(Prompt.of("A cat"), settings))
            .getMessage()
            .contains("gill-diffusion is not on the class path"));
    AnswerSettings retrieving = settings.toBuilder().decision(DecisionMode.RETRIEVE).build();
    assertTrue(
        assertThrows(
                UnsupportedRequestException.class,
                () -> gill.answer(Prompt.of("A cat"), retrieving))
            .getMessage()
            .contains("gill-retrieval is not on the class path"));
  }

  @Test
  void showsWhereAPictureWouldBeWithoutTheOptionalModules() {
    Answer answer =
        gill.answer(
            Prompt.of("Snow mountain"), AnswerSettings.builder().forceImage().numWords(1).build());
    assertEquals(List.of(513, 514, 515, 516, 517, 518, 519, 520), answer.tokens());
    AnswerPart.Image image = answer.images().get(0);
    assertTrue(image.retrieved().isEmpty());
    assertTrue(image.generated().isEmpty());
    assertFalse(image.showsGenerated());
  }

  @Test
  void stopsAtTheNewlineWhereTheAnswerIsCut() {
    assertArrayEquals(
        new String[] {"a", "b\n", "c."},
        new String[] {
          AnswerText.truncate("\na\n"), AnswerText.truncate("b\nd."), AnswerText.truncate("c. d.")
        });
    assertEquals(List.of(5, 6), AnswerText.cutAtNewline(List.of(5, 6, 202, 7), 202));
    assertEquals(List.of(202, 6, 202), AnswerText.cutAtNewline(List.of(202, 6, 202), 202));
  }

  @Test
  void leavesNothingNativeBehind() {
    answerAgain();
    long before = Value.alive();
    for (int i = 0; i < 20; i++) {
      answerAgain();
    }
    assertEquals(before, Value.alive());
  }

  @Test
  void refusesUseAfterClosingAndClosesTwice() {
    Gill closed = Gill.load(Micro.FOLDER);
    closed.close();
    closed.close();
    String message =
        assertThrows(IllegalStateException.class, () -> closed.answer(Prompt.of("A"))).getMessage();
    assertTrue(message.contains("this Gill is closed"), message);
  }

  @Test
  void endsRunningAndWaitingRequestsWhenClosed() {
    Gill closing = Gill.load(Micro.FOLDER);
    CountDownLatch started = new CountDownLatch(1);
    PendingAnswer running =
        closing.submit(
            Prompt.of("A cat"),
            AnswerSettings.builder().numWords(200).build(),
            event -> {
              started.countDown();
              await(new CountDownLatch(1)); // until closing interrupts this thread
            });
    PendingAnswer waiting = closing.submit(Prompt.of("B"), AnswerSettings.DEFAULTS, event -> {});
    await(started);
    closing.close();
    assertThrows(AnswerCancelledException.class, running::join);
    assertThrows(AnswerCancelledException.class, waiting::join);
  }

  @Test
  void refusesMoreThanItsQueueHolds() {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch started = new CountDownLatch(1);
    try (Gill small = Gill.builder().model(Micro.FOLDER).queueCapacity(1).build()) {
      PendingAnswer running =
          small.submit(
              Prompt.of("A"),
              AnswerSettings.builder().numWords(1).build(),
              event -> {
                started.countDown();
                await(release);
              });
      await(started);
      PendingAnswer waiting =
          small.submit(Prompt.of("B"), AnswerSettings.builder().numWords(1).build(), event -> {});
      String message =
          assertThrows(
                  BusyException.class,
                  () -> small.submit(Prompt.of("C"), AnswerSettings.DEFAULTS, event -> {}))
              .getMessage();
      assertTrue(message.contains("1 requests are waiting"), message);
      release.countDown();
      running.join();
      waiting.join();
    }
  }

  /** Cancelled and expired requests leave the queue at once, and never start. */
  @Test
  void givesThePlacesOfEndedRequestsToOthers() {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch started = new CountDownLatch(1);
    LinkedBlockingQueue<AnswerEvent> heard = new LinkedBlockingQueue<>();
    AnswerSettings one = AnswerSettings.builder().numWords(1).build();
    AnswerSettings short1 = one.toBuilder().timeout(Duration.ofMillis(1)).build();
    try (Gill small = Gill.builder().model(Micro.FOLDER).queueCapacity(1).build()) {
      PendingAnswer running =
          small.submit(
              Prompt.of("A"),
              one,
              event -> {
                started.countDown();
                await(release);
              });
      await(started);
      PendingAnswer cancelled = small.submit(Prompt.of("B"), one, heard::add);
      cancelled.cancel();
      assertEquals(0, small.waiting());
      PendingAnswer expired = small.submit(Prompt.of("C"), short1, heard::add);
      assertThrows(AnswerTimeoutException.class, expired::join);
      PendingAnswer waiting = small.submit(Prompt.of("D"), one, event -> {});
      release.countDown();
      running.join();
      waiting.join();
      assertThrows(AnswerCancelledException.class, cancelled::join);
      assertEquals(List.of(), List.copyOf(heard));
    }
  }

  @Test
  void answersInTheOrderOfArrival() {
    CountDownLatch release = new CountDownLatch(1);
    PendingAnswer running =
        gill.submit(
            Prompt.of("A"), AnswerSettings.builder().numWords(1).build(), event -> await(release));
    LinkedBlockingQueue<Integer> order = new LinkedBlockingQueue<>();
    List<PendingAnswer> waiting = new ArrayList<>();
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int number = i;
      expected.add(number);
      waiting.add(
          gill.submit(
              Prompt.of("B"),
              AnswerSettings.builder().numWords(1).build(),
              event -> {
                if (event instanceof AnswerEvent.Finished) {
                  order.add(number);
                }
              }));
    }
    release.countDown();
    running.join();
    waiting.forEach(PendingAnswer::join);
    assertEquals(expected, List.copyOf(order));
  }

  /** The caller has its exception while the engine is inside the first token; it is the last. */
  @Test
  void endsAnExpiredRequestWithinOneToken() {
    LinkedBlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    CountDownLatch expired = new CountDownLatch(1);
    PendingAnswer pending =
        gill.submit(
            Prompt.of("A cat"),
            AnswerSettings.builder().numWords(100).timeout(Duration.ofMillis(500)).build(),
            event -> {
              if (event instanceof AnswerEvent.Token token) {
                seen.add(token.id());
                await(expired);
              }
            });
    assertThrows(AnswerTimeoutException.class, pending::join);
    expired.countDown();
    answerAgain();
    assertTrue(seen.size() <= 1, seen + " tokens after the timeout");
  }

  @Test
  void endsAnInterruptedCallersRequestWithinOneToken() throws Exception {
    LinkedBlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    ExecutorService caller = Executors.newSingleThreadExecutor();
    try {
      Future<Boolean> interrupted =
          caller.submit(
              () -> {
                PendingAnswer pending =
                    gill.submit(
                        Prompt.of("A cat"),
                        AnswerSettings.builder().numWords(100).build(),
                        event -> {
                          if (event instanceof AnswerEvent.Token token) {
                            seen.add(token.id());
                            first.countDown();
                            await(left);
                          }
                        });
                assertThrows(AnswerCancelledException.class, pending::join);
                left.countDown();
                return Thread.currentThread().isInterrupted();
              });
      await(first);
      caller.shutdownNow();
      assertTrue(interrupted.get(), "the thread stays interrupted");
    } finally {
      caller.shutdownNow();
    }
    answerAgain();
    assertEquals(1, seen.size());
  }

  /** Closing asks the work to end at its next token, waits for that, and frees everything. */
  @Test
  void closesWithinOneToken() throws Exception {
    long before = Value.alive();
    Gill closing = Gill.load(Micro.FOLDER);
    LinkedBlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    CountDownLatch started = new CountDownLatch(1);
    PendingAnswer running =
        closing.submit(
            Prompt.of("A cat"),
            AnswerSettings.builder().numWords(200).build(),
            event -> {
              if (event instanceof AnswerEvent.Token token) {
                seen.add(token.id());
                started.countDown();
                // Closing interrupts this thread; the flag must stay for the engine to see.
                await(new CountDownLatch(1));
              }
            });
    await(started);
    closing.close();
    assertThrows(AnswerCancelledException.class, running::join);
    assertEquals(1, seen.size());
    assertEquals(before, Value.alive());
  }

  /** Each would wait for the thread that it runs on. */
  @Test
  void refusesToWaitForItselfInAListener() {
    String answering = listening(event -> gill.answer(Prompt.of("B"), AnswerSettings.DEFAULTS));
    assertTrue(answering.contains("a listener waits for an answer on the thread"), answering);
    String closing = listening(event -> gill.close());
    assertTrue(closing.contains("a listener closes the engine that is calling it"), closing);
    assertEquals("ntntntntntnt", answerAgain().text(), "the engine goes on");
  }

  private static String listening(java.util.function.Consumer<AnswerEvent> listener) {
    PendingAnswer pending = gill.submit(Prompt.of("A"), AnswerSettings.DEFAULTS, listener);
    return assertThrows(IllegalStateException.class, pending::join).getMessage();
  }

  @Test
  void namesAFolderThatIsNoModel() {
    assertTrue(
        assertThrows(ModelFileException.class, () -> Gill.load(Path.of("no-such-model")))
            .getMessage()
            .contains("no-such-model is not a folder"));
    assertTrue(
        assertThrows(ModelFileException.class, () -> Gill.load(Path.of("src")))
            .getMessage()
            .contains("model_args.json"));
  }

  private static Answer answerAgain() {
    return gill.answer(
        Prompt.of("A cat sat on a woven basket"), AnswerSettings.builder().numWords(6).build());
  }

  private static String expectedText(String name) {
    for (JsonObject prompt : Micro.prompts()) {
      if (prompt.get("name").getAsString().equals(name)) {
        return prompt.getAsJsonArray("outputs").get(0).getAsJsonObject().get("text").getAsString();
      }
    }
    throw new AssertionError(name);
  }

  private static void assertClose(String expected, float[] found) {
    double error = Micro.relativeError(Micro.tensor(expected), found);
    assertTrue(error < 1e-3, expected + " differs by " + error);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
