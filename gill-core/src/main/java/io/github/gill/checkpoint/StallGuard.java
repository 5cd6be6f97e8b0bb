package io.github.gill.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Closes a stream that nothing arrives on, because Java's HTTP client waits for ever. */
final class StallGuard {

  private final ScheduledExecutorService timer;
  private long last;

  /**
   * Begins to watch.
   *
   * @param body what is closed, which ends a read in progress
   * @param done how much has arrived; read by another thread
   * @param patience how long nothing may arrive
   */
  StallGuard(Closeable body, LongSupplier done, Duration patience) {
    this.last = done.getAsLong();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "gill-download-guard");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        timer.scheduleWithFixedDelay(
            () -> check(body, done.getAsLong()),
            patience.toMillis(),
            patience.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void check(Closeable body, long now) {
    if (now != last) {
      last = now;
      return;
    }
    try {
      body.close();
    } catch (IOException e) {
      timer.shutdown();
    }
  }

  /** Ends watching. */
  void stop() {
    timer.shutdownNow();
  }
}
