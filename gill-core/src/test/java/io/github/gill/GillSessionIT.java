package io.github.gill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.runtime.Value;
import io.github.gill.testing.Micro;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class GillSessionIT {

  private static final AnswerSettings SETTINGS =
      AnswerSettings.builder().numWords(6).retScaleFactor(1.3).build();

  /**
   * Turns with pictures, forced pictures and text: the same tokens with, without and part reuse.
   */
  @Test
  void answersEquallyWithAndWithoutTheCache() {
    List<List<Integer>> kept = talk(1L << 30);
    List<List<Integer>> recomputed = talk(0);
    assertEquals(recomputed, kept);
    assertNotEquals(kept.get(0), kept.get(1));
  }

  private static List<List<Integer>> talk(long memory) {
    List<List<Integer>> tokens = new ArrayList<>();
    try (Gill gill = Gill.builder().model(Micro.FOLDER).sessionMemory(memory).build();
        GillSession session = gill.newSession()) {
      for (int i = 0; i < 4; i++) {
        Prompt.Builder turn = Prompt.builder();
        if (i % 2 == 1) {
          turn.image(Micro.FOLDER.resolve("images/00" + i + ".png"));
        }
        AnswerSettings settings =
            i == 2 ? SETTINGS.toBuilder().forceImage().numWords(2).build() : SETTINGS;
        tokens.add(session.answer(turn.text("Q: turn " + i + "\nA:").build(), settings).tokens());
        assertEquals(memory > 0, session.cacheBytes() > 0);
      }
    }
    return tokens;
  }

  @Test
  void aSessionClosedAsItsTurnEndsIsForgotten() {
    SessionCaches caches = new SessionCaches(1L << 30);
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession open = gill.newSession()) {
      caches.used(open);
      GillSession closed = gill.newSession();
      closed.close();
      caches.used(closed);
      assertEquals(1, caches.count());
    }
  }

  @Test
  void readsTheWholeHistoryAsOnePromptWould() {
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession session = gill.newSession()) {
      session.answer(Prompt.of("Q: What is this?\nA:"), SETTINGS);
      List<PromptPart> history = session.history();
      Answer second = session.answer(Prompt.of("Q: And this?\nA:"), SETTINGS);
      Prompt.Builder whole = Prompt.builder();
      history.forEach(whole::part);
      assertEquals(
          gill.answer(whole.text("Q: And this?\nA:").build(), SETTINGS).tokens(), second.tokens());
    }
  }

  @Test
  void continuesAHistoryThatWasKeptElsewhere() {
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession first = gill.newSession()) {
      first.answer(Prompt.of("Q: one\nA:"), SETTINGS);
      List<PromptPart> history = first.history();
      try (GillSession second = gill.newSession(List.of(history))) {
        assertEquals(history, second.history());
        assertEquals(
            first.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens(),
            second.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens());
        assertTrue(second.undo());
        assertTrue(second.undo());
        assertEquals(List.of(), second.history());
      }
    }
  }

  @Test
  void redrawsAPictureWithoutDecoding() {
    try (Gill gill = Gill.load(Micro.FOLDER)) {
      AnswerSettings forced = SETTINGS.toBuilder().forceImage().numWords(2).build();
      AnswerPart.Image image = gill.answer(Prompt.of("a dog"), forced).images().get(0);
      List<AnswerEvent> events = new ArrayList<>();
      Answer again = gill.redraw(image, SETTINGS, events::add).join();
      assertEquals(List.of(), again.tokens());
      assertSame(image.states(), again.images().get(0).states());
      assertTrue(events.stream().noneMatch(AnswerEvent.Token.class::isInstance));
      AnswerPart.Image forgotten =
          new AnswerPart.Image(Decision.GENERATE, null, List.of(), List.of(), null);
      assertEquals(
          "the picture's states were not kept; ask again for it",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> gill.redraw(forgotten, SETTINGS, events::add))
              .getMessage());
    }
  }

  @Test
  void undoesAndForks() {
    long before = Value.alive();
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession session = gill.newSession()) {
      assertFalse(session.undo());
      session.answer(Prompt.of("Q: one\nA:"), SETTINGS);
      List<PromptPart> history = session.history();
      List<Integer> expected = session.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens();
      assertTrue(session.undo());
      assertEquals(history, session.history());
      try (GillSession fork = session.fork()) {
        session.answer(Prompt.of("Q: something else\nA:"), SETTINGS);
        assertEquals(expected, fork.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens());
      }
      session.undo();
      assertEquals(expected, session.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens());
    }
    assertEquals(before, Value.alive());
  }

  @Test
  void staysAsItWasWhenATurnFails() {
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession session = gill.newSession()) {
      session.answer(Prompt.of("Q: one\nA:"), SETTINGS);
      List<PromptPart> history = session.history();
      PendingAnswer failing =
          session.submit(
              Prompt.of("Q: fails\nA:"),
              SETTINGS,
              event -> {
                throw new IllegalStateException("no more");
              });
      assertThrows(IllegalStateException.class, failing::join);
      assertEquals(history, session.history());
      List<Integer> expected = session.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens();
      session.undo();
      session.forgetCache();
      assertEquals(expected, session.answer(Prompt.of("Q: two\nA:"), SETTINGS).tokens());
    }
  }

  /** Sessions that are forked at once need each other's caches counted. */
  @Test
  void forksManySessionsAtOnce() throws Exception {
    try (Gill gill = Gill.builder().model(Micro.FOLDER).sessionMemory(1).build();
        GillSession first = gill.newSession();
        GillSession second = gill.newSession()) {
      first.answer(Prompt.of("Q: one\nA:"), SETTINGS);
      second.answer(Prompt.of("Q: two\nA:"), SETTINGS);
      ExecutorService threads = Executors.newFixedThreadPool(2);
      try {
        List<Future<?>> forking = new ArrayList<>();
        for (GillSession session : List.of(first, second)) {
          forking.add(
              threads.submit(
                  () -> {
                    for (int i = 0; i < 2000; i++) {
                      session.fork().close();
                    }
                  }));
        }
        for (Future<?> one : forking) {
          one.get(60, TimeUnit.SECONDS);
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  /** A new session is there at once, and a turn can be queued, while another turn runs. */
  @Test
  void doesNotWaitForARunningTurn() throws Exception {
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession session = gill.newSession()) {
      CountDownLatch started = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      PendingAnswer running =
          session.submit(
              Prompt.of("Q: one\nA:"),
              SETTINGS,
              event -> {
                started.countDown();
                await(release);
              });
      await(started);
      PendingAnswer next = session.submit(Prompt.of("Q: two\nA:"), SETTINGS, event -> {});
      gill.newSession().close();
      release.countDown();
      running.join();
      next.join();
      assertEquals(4, session.history().size());
    }
  }

  @Test
  void refusesToChangeASessionInAListenerOfItsTurn() {
    try (Gill gill = Gill.load(Micro.FOLDER);
        GillSession session = gill.newSession()) {
      session.answer(Prompt.of("Q: one\nA:"), SETTINGS);
      for (Runnable change : List.<Runnable>of(session::undo, session::fork, session::close)) {
        PendingAnswer pending =
            session.submit(Prompt.of("Q: two\nA:"), SETTINGS, event -> change.run());
        String message = assertThrows(IllegalStateException.class, pending::join).getMessage();
        assertTrue(message.contains("wait until the turn has ended"), message);
      }
      assertEquals(2, session.history().size());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void refusesUseAfterClosing() {
    try (Gill gill = Gill.load(Micro.FOLDER)) {
      GillSession session = gill.newSession();
      session.close();
      session.close();
      assertTrue(
          assertThrows(IllegalStateException.class, () -> session.answer(Prompt.of("A"), SETTINGS))
              .getMessage()
              .contains("this session is closed"));
    }
  }
}
