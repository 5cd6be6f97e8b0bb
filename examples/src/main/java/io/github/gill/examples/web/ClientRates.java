package io.github.gill.examples.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** How often one address may ask for changes: a bucket that refills evenly. Thread-safe. */
final class ClientRates {

  private static final int CLIENTS = 10_000;

  private static final class Bucket {
    double tokens;
    long filled;
  }

  private final int perMinute;
  private final LongSupplier nanoTime;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > CLIENTS;
        }
      };

  ClientRates(int perMinute, LongSupplier nanoTime) {
    this.perMinute = perMinute;
    this.nanoTime = nanoTime;
  }

  /**
   * Counts a request.
   *
   * @throws ApiException if the address has used up its share
   */
  synchronized void count(String client) {
    long now = nanoTime.getAsLong();
    Bucket bucket =
        buckets.computeIfAbsent(
            client,
            name -> {
              Bucket fresh = new Bucket();
              fresh.tokens = perMinute;
              fresh.filled = now;
              return fresh;
            });
    double refill = (now - bucket.filled) / 60e9 * perMinute;
    bucket.tokens = Math.min(perMinute, bucket.tokens + refill);
    bucket.filled = now;
    if (bucket.tokens < 1) {
      throw new ApiException(
          429,
          "too_many_requests",
          "more than " + perMinute + " requests a minute from one address; wait a few seconds");
    }
    bucket.tokens--;
  }
}
