package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.gill.testing.ChildProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a small hub on this machine: a front that redirects to a store elsewhere. */
class HubDownloaderTest {

  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  private HttpServer front;

  @SuppressWarnings("NullAway.Init")
  private HttpServer store;

  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> offsets = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> stored = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, String> authorization = new ConcurrentHashMap<>();
  private byte[] content = {};
  private int breakAfter = Integer.MAX_VALUE;
  private boolean ranges = true;
  private boolean stall;
  private @Nullable String digest;
  private @Nullable String location;

  @BeforeEach
  void serve() throws IOException {
    content = new byte[300_000];
    new Random(1).nextBytes(content);
    front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    for (HttpServer server : List.of(front, store)) {
      server.setExecutor(
          Executors.newCachedThreadPool(
              task -> {
                Thread thread = new Thread(task);
                thread.setDaemon(true);
                return thread;
              }));
    }
    front.createContext("/", this::answerFront);
    store.createContext("/", this::answerStore);
    front.start();
    store.start();
  }

  @AfterEach
  void stop() {
    front.stop(0);
    store.stop(0);
  }

  private void answerFront(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    record("front", exchange);
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (path.startsWith("/old/")) {
      exchange.getResponseHeaders().remove("X-Repo-Commit");
      exchange.getResponseHeaders().set("Location", path.replace("/old/", "/new/"));
      exchange.sendResponseHeaders(307, -1);
    } else if (path.endsWith("config.json")) {
      byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("ETag", "\"" + gitDigest(json) + "\"");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      if (head) {
        exchange.getResponseHeaders().set("Content-Length", "2");
      }
      exchange.sendResponseHeaders(200, head ? -1 : 2);
      if (!head) {
        exchange.getResponseBody().write(json);
      }
    } else if (path.endsWith("gated.bin")) {
      exchange.sendResponseHeaders(401, -1);
    } else if (path.endsWith("model.bin")) {
      exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + digest() + "\"");
      exchange
          .getResponseHeaders()
          .set("Location", location == null ? address(store) + "/blob?signature=x" : location);
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
    exchange.close();
  }

  private void answerStore(HttpExchange exchange) throws IOException {
    record("store", exchange);
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = 0;
    if (range != null && ranges) {
      from = Integer.parseInt(range.replace("bytes=", "").replace("-", ""));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
      exchange.sendResponseHeaders(206, content.length - from);
    } else {
      exchange.sendResponseHeaders(200, content.length);
    }
    offsets.add((long) from);
    stored.add(incomplete().toFile().length());
    int length = Math.min(content.length - from, breakAfter);
    exchange.getResponseBody().write(content, from, length);
    exchange.getResponseBody().flush();
    if (stall) {
      stall = false;
      return;
    }
    exchange.close();
  }

  private void record(String server, HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(server + " " + exchange.getRequestMethod() + (range == null ? "" : " " + range));
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    if (token != null) {
      authorization.put(server, token);
    }
  }

  /** Where the file's bytes lie until all are there. */
  private Path incomplete() {
    return folder.resolve("models--owner--name/blobs").resolve(digest() + ".incomplete");
  }

  private String digest() {
    return digest == null ? sha256(content) : digest;
  }

  private HubDownloader downloader(@Nullable String token) {
    return new HubDownloader(
        new HubCache(folder),
        URI.create(address(front)),
        token,
        uri -> uri.getScheme().equals("http") && uri.getHost().equals("127.0.0.1"),
        Duration.ofMillis(1),
        Duration.ofMillis(300));
  }

  private static String address(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private Path download(String file) {
    return downloader(null)
        .download("owner/name", "main", List.of(HubFile.of(file)), DownloadListener.NONE);
  }

  @Test
  void laysFilesOutAsPythonDoes() throws IOException {
    List<Long> seen = new ArrayList<>();
    Path snapshot =
        downloader(null)
            .download(
                "owner/name",
                "main",
                List.of(HubFile.of("sub/model.bin"), HubFile.of("config.json")),
                (file, done, size) -> seen.add(done));
    Path repository = folder.resolve("models--owner--name");
    assertEquals(repository.resolve("snapshots").resolve(COMMIT), snapshot);
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("sub/model.bin")));
    assertEquals("{}", Files.readString(snapshot.resolve("config.json")));
    assertEquals(
        Path.of("../../../blobs", sha256(content)),
        Files.readSymbolicLink(snapshot.resolve("sub/model.bin")));
    assertEquals(COMMIT, Files.readString(repository.resolve("refs/main")));
    assertEquals(snapshot, new HubCache(folder).find("owner/name").orElseThrow());
    assertEquals(List.of(0L, 300_000L, 0L, 2L), seen);
    try (var blobs = Files.list(repository.resolve("blobs"))) {
      assertEquals(2, blobs.count(), "nothing unfinished is left");
    }
  }

  @Test
  void fetchesNothingTwice() {
    download("model.bin");
    requests.clear();
    download("model.bin");
    assertEquals(List.of("front HEAD"), requests);
  }

  @Test
  void continuesABrokenDownload() throws IOException {
    breakAfter = 100_000;
    Path snapshot = download("model.bin");
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("model.bin")));
    assertContinued(3);
  }

  @Test
  void continuesAStalledDownload() throws IOException {
    stall = true;
    breakAfter = 150_000;
    Path snapshot = download("model.bin");
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("model.bin")));
    assertContinued(2);
  }

  /**
   * Asserts that each request asked for exactly what was not on disk yet. How much of what a broken
   * connection sent arrives is up to the network.
   */
  private void assertContinued(int fewest) {
    assertTrue(offsets.size() >= fewest, requests.toString());
    assertEquals(stored, offsets, requests.toString());
    assertEquals(offsets.stream().sorted().toList(), offsets);
    assertTrue(offsets.get(offsets.size() - 1) > 0, requests.toString());
  }

  @Test
  void continuesAfterTheProcessEnded() throws IOException {
    Files.createDirectories(incomplete().getParent());
    Files.write(incomplete(), java.util.Arrays.copyOf(content, 1234));
    Path snapshot = download("model.bin");
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("model.bin")));
    assertTrue(requests.contains("store GET bytes=1234-"), requests.toString());
  }

  /** The process is killed in the middle of a transfer. */
  @Test
  void continuesAfterTheProcessWasKilled() throws Exception {
    stall = true;
    breakAfter = 150_000;
    Path half = incomplete();
    Path blobs = half.getParent();
    try (ChildProcess child = ChildProcess.of(Downloading.class).start(folder, address(front))) {
      child.await(() -> Files.exists(half) && Files.size(half) == 150_000);
      child.kill();
    }
    assertFalse(Files.exists(folder.resolve("models--owner--name/snapshots")));
    assertFalse(Files.exists(blobs.resolve(sha256(content))));
    breakAfter = Integer.MAX_VALUE;
    Path snapshot = download("model.bin");
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("model.bin")));
    assertTrue(requests.contains("store GET bytes=150000-"), requests.toString());
    assertFalse(Files.exists(half));
  }

  /** What the child does. */
  static final class Downloading {

    public static void main(String[] args) {
      new HubDownloader(
              new HubCache(Path.of(args[0])),
              URI.create(args[1]),
              null,
              uri -> uri.getHost().equals("127.0.0.1"),
              Duration.ofSeconds(1),
              Duration.ofMinutes(5))
          .download("owner/name", "main", List.of(HubFile.of("model.bin")), DownloadListener.NONE);
    }
  }

  @Test
  void beginsAnewWhereTheServerKnowsNoRanges() throws IOException {
    ranges = false;
    Files.createDirectories(incomplete().getParent());
    Files.write(incomplete(), new byte[1234]);
    Path snapshot = download("model.bin");
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("model.bin")));
  }

  @Test
  void refusesContentWithAnotherDigest() {
    digest = "0".repeat(64);
    String message = Refused.message(() -> download("model.bin"));
    assertTrue(message.contains("expected " + digest), message);
    assertFalse(Files.exists(folder.resolve("models--owner--name/snapshots")));
  }

  @Test
  void refusesAnotherSizeOrDigestThanKnownBeforehand() {
    HubFile size = new HubFile("model.bin", 5, null);
    assertTrue(refused(size).contains("has 300000 bytes at 127.0.0.1, expected 5"));
    HubFile other = new HubFile("model.bin", -1, "f".repeat(64));
    assertTrue(refused(other).contains("expected " + "f".repeat(64)));
    assertEquals(List.of("front HEAD", "front HEAD"), requests);
  }

  private String refused(HubFile file) {
    return Refused.message(
        () ->
            downloader(null).download("owner/name", "main", List.of(file), DownloadListener.NONE));
  }

  @Test
  void givesTheTokenToTheConfiguredHostAlone() {
    downloader("secret")
        .download("owner/name", "main", List.of(HubFile.of("model.bin")), DownloadListener.NONE);
    assertEquals("Bearer secret", authorization.get("front"));
    assertNull(authorization.get("store"));
  }

  @Test
  void followsAMovedRepository() throws IOException {
    Path snapshot =
        downloader(null)
            .download("old/name", "main", List.of(HubFile.of("model.bin")), DownloadListener.NONE);
    assertArrayEquals(content, Files.readAllBytes(snapshot.resolve("model.bin")));
  }

  @Test
  void refusesRedirectsWithoutTls() {
    for (String to : List.of("ftp://127.0.0.1/x", "http://example.org/x", "file:///etc/passwd")) {
      location = to;
      String message = Refused.message(() -> download("model.bin"));
      assertTrue(message.contains("without TLS"), message);
    }
  }

  @Test
  void endsARedirectLoop() {
    location = "/owner/name/resolve/main/model.bin";
    assertTrue(Refused.message(() -> download("model.bin")).contains("more than 5 redirects"));
  }

  @Test
  void namesWhatTheHubRefuses() {
    assertTrue(Refused.message(() -> download("gated.bin")).contains("accept the model's licence"));
    assertTrue(
        Refused.message(() -> download("none.txt"))
            .startsWith("127.0.0.1 answered 404 for /owner/name/resolve/main/none.txt; check"));
  }

  @Test
  void saysThatItIsOffline() {
    HubDownloader offline = downloader(null);
    front.stop(0);
    String message =
        Refused.message(
            () ->
                offline.download(
                    "owner/name", "main", List.of(HubFile.of("a.txt")), DownloadListener.NONE));
    assertTrue(message.startsWith("a.txt of owner/name could not be downloaded"), message);
    assertTrue(message.contains("check the connection, or put the file into"), message);
  }

  @Test
  void aListenerEndsTheDownloadAndNothingGetsItsName() {
    assertThrows(
        IllegalStateException.class,
        () ->
            downloader(null)
                .download(
                    "owner/name",
                    "main",
                    List.of(HubFile.of("model.bin")),
                    (file, done, size) -> {
                      throw new IllegalStateException("cancelled");
                    }));
    assertFalse(Files.exists(folder.resolve("models--owner--name/snapshots")));
  }

  @Test
  void speaksTlsOnly() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new HubDownloader(new HubCache(folder), URI.create("http://huggingface.co"), null));
  }

  @Test
  void refusesPathsAndNamesThatLeaveTheCache() {
    for (String path : List.of("../x", "/etc/passwd", "a//b", "a/../b", "", "a\\b", "..")) {
      assertThrows(IllegalArgumentException.class, () -> HubFile.of(path), path);
    }
    assertEquals(".gitattributes", HubFile.of(".gitattributes").path());
    HubCache cache = new HubCache(folder);
    for (String name : List.of("../x", "a/b/c", "/a", "a/", "a/..", "")) {
      assertThrows(IllegalArgumentException.class, () -> cache.find(name), name);
    }
  }

  private static String sha256(byte[] bytes) {
    return hex("SHA-256", bytes);
  }

  private static String gitDigest(byte[] bytes) {
    byte[] line = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] all = java.util.Arrays.copyOf(line, line.length + bytes.length);
    System.arraycopy(bytes, 0, all, line.length, bytes.length);
    return hex("SHA-1", all);
  }

  private static String hex(String algorithm, byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
