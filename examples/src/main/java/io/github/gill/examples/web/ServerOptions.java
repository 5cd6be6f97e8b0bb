package io.github.gill.examples.web;

import java.time.Duration;
import java.util.Set;

/**
 * How the chat is served.
 *
 * @param host the address to bind; {@code 127.0.0.1} keeps other machines out
 * @param port the port, 0 for a free one
 * @param hostNames names besides the bound address under which browsers may reach the server
 * @param queue requests that may wait or run at once, 1 to 9999
 * @param perClient requests of one address that may wait or run at once
 * @param requestsPerMinute changes one address may ask for in a minute
 * @param uploadBytes the size of one uploaded picture
 * @param uploadPixels width × height of one uploaded picture
 * @param pictureMemory bytes of the pictures of all conversations together
 * @param conversations conversations at once
 * @param expiry how long an unused conversation is kept
 */
public record ServerOptions(
    String host,
    int port,
    Set<String> hostNames,
    int queue,
    int perClient,
    int requestsPerMinute,
    long uploadBytes,
    long uploadPixels,
    long pictureMemory,
    int conversations,
    Duration expiry) {

  /** The local machine only, on port 7860; a line of 16. */
  public static final ServerOptions DEFAULTS =
      new ServerOptions(
          "127.0.0.1",
          7860,
          Set.of(),
          16,
          8,
          240,
          16L << 20,
          40_000_000,
          256L << 20,
          500,
          Duration.ofHours(6));

  /** One less than the engine's longest, so that the server's own bound is met first. */
  private static final int LONGEST_QUEUE = 9_999;

  /** Copies the names and checks the numbers. */
  public ServerOptions {
    hostNames = Set.copyOf(hostNames);
    if (queue < 1
        || perClient < 1
        || requestsPerMinute < 1
        || uploadBytes < 1
        || uploadPixels < 1
        || pictureMemory < 1
        || conversations < 1) {
      throw new IllegalArgumentException("every limit of the server must be 1 or more");
    }
    if (queue > LONGEST_QUEUE) {
      throw new IllegalArgumentException("queue is " + queue + "; use 1 to " + LONGEST_QUEUE);
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port is " + port + "; use 0 to 65535");
    }
  }
}
