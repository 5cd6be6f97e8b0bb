package io.github.gill.runtime;

import io.github.gill.EngineFailureException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets the JVM end only between native calls: while a process ends, libtorch's static data is torn
 * down, and a call that still used it would end the process with a crash.
 */
final class NativeCalls {

  /**
   * No layer, step or compilation takes longer, and systems seldom wait longer before they kill.
   */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  private static final AtomicInteger RUNNING = new AtomicInteger();
  private static volatile boolean ending;

  static {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(NativeCalls::end, "gill-native-end"));
    } catch (IllegalStateException e) {
      ending = true;
    }
  }

  private NativeCalls() {}

  /** Native code. */
  @FunctionalInterface
  interface Call<T, E extends Exception> {
    T run() throws E;
  }

  /** Runs native code, which the end of the JVM waits for; fails once that has begun. */
  static <T, E extends Exception> T run(Call<T, E> call) throws E {
    RUNNING.incrementAndGet();
    try {
      if (ending) {
        throw new EngineFailureException("the JVM is shutting down, so nothing more is computed");
      }
      return call.run();
    } finally {
      RUNNING.decrementAndGet();
    }
  }

  /** Frees something, or leaves that to the end of the process. */
  static void free(Runnable close) {
    RUNNING.incrementAndGet();
    try {
      if (!ending) {
        close.run();
      }
    } finally {
      RUNNING.decrementAndGet();
    }
  }

  /** How many calls run now. */
  static int running() {
    return RUNNING.get();
  }

  static void end() {
    ending = true;
    long started = System.nanoTime();
    while (RUNNING.get() > 0 && System.nanoTime() - started < PATIENCE) {
      try {
        TimeUnit.MILLISECONDS.sleep(2);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
