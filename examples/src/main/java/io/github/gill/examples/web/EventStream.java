package io.github.gill.examples.web;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One listener's server-sent events. Sending never waits: a listener that does not keep up is let
 * go, connects again and begins with a fresh snapshot.
 */
final class EventStream {

  private static final int WAITING_EVENTS = 2_000;
  private static final int KEEP_ALIVE_SECONDS = 10;

  /** Wakes the writer to end. */
  private static final String END = "";

  private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>(WAITING_EVENTS);
  private volatile boolean open = true;

  void send(String event, String json) {
    offer("event: " + event + "\ndata: " + json + "\n\n");
  }

  /** Sends an event without a name. */
  void send(String data) {
    offer("data: " + data + "\n\n");
  }

  private void offer(String event) {
    if (open && !events.offer(event)) {
      close();
    }
  }

  /** Ends the stream after what was sent. */
  void finish() {
    if (!events.offer(END)) {
      close();
    }
  }

  boolean isOpen() {
    return open;
  }

  void close() {
    open = false;
    events.clear();
    events.add(END);
  }

  /** Writes events until the stream is closed or the listener goes away. */
  void writeTo(OutputStream out) throws IOException {
    try {
      while (true) {
        String event = events.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        if (event != null && event.isEmpty()) {
          return;
        }
        out.write((event == null ? ": still here\n\n" : event).getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open = false;
    }
  }
}
