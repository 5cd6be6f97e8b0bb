package io.github.gill;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** Keeps the caches of all sessions together within a bound. Thread-safe. */
final class SessionCaches {

  private final long bound;

  /** The least recently used session first. */
  private final LinkedHashSet<GillSession> sessions = new LinkedHashSet<>();

  SessionCaches(long bound) {
    this.bound = bound;
  }

  /** Makes a session the most recently used, and frees others' caches until all fit. */
  void used(GillSession latest) {
    List<GillSession> order;
    synchronized (this) {
      sessions.remove(latest);
      if (!latest.closed()) { // by another thread, as its turn ended
        sessions.add(latest);
      }
      order = new ArrayList<>(sessions);
    }
    long total = order.stream().mapToLong(GillSession::cacheBytes).sum();
    for (GillSession session : order) {
      if (total <= bound) {
        return;
      }
      total -= session.cacheBytes();
      session.forgetCache();
    }
  }

  synchronized void forget(GillSession session) {
    sessions.remove(session);
  }

  synchronized int count() {
    return sessions.size();
  }

  /** Ends every session. */
  void close() {
    List<GillSession> all;
    synchronized (this) {
      all = new ArrayList<>(sessions);
    }
    all.forEach(GillSession::close);
  }
}
