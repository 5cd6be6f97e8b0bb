package io.github.gill;

import java.time.Duration;

/**
 * What may be fetched from the network.
 *
 * @param candidates whether candidates' pictures may be fetched by http(s) URL; never from private,
 *     loopback or link-local addresses
 * @param timeout the longest wait for one picture, connection and transfer together
 * @param maxBytes the largest picture fetched
 */
public record NetworkPolicy(boolean candidates, Duration timeout, long maxBytes) {

  /** Nothing is fetched. */
  public static final NetworkPolicy OFFLINE =
      new NetworkPolicy(false, Duration.ofSeconds(5), 16L << 20);

  /** Candidates' pictures are fetched, each within 5 seconds and 16 MiB. */
  public static final NetworkPolicy CANDIDATES =
      new NetworkPolicy(true, Duration.ofSeconds(5), 16L << 20);

  /** Checks the ranges. */
  public NetworkPolicy {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "NetworkPolicy.timeout is " + timeout + "; use a positive duration");
    }
    if (maxBytes < 1) {
      throw new IllegalArgumentException(
          "NetworkPolicy.maxBytes is " + maxBytes + "; use 1 or more");
    }
  }
}
