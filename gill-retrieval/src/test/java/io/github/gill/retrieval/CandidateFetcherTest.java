package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.gill.Limits;
import io.github.gill.NetworkPolicy;
import io.github.gill.RetrievalException;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CandidateFetcherTest {

  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  /** Lets loopback through, as nothing else is at hand here. */
  private static final AddressPolicy LOCAL =
      new AddressPolicy() {
        @Override
        public boolean allows(InetAddress address) {
          return address.isLoopbackAddress() || PublicAddresses.contains(address);
        }

        @Override
        public boolean allows(int port) {
          return true;
        }
      };

  private static final WebTransfer.Resolver DIRECTORY =
      host ->
          switch (host) {
            case "here.example" -> new InetAddress[] {HERE};
            case "private.example" -> addresses("10.0.0.1");
            case "mixed.example" -> addresses("8.8.8.8", "192.168.0.1");
            case "metadata.example" -> addresses("169.254.169.254");
            case "nowhere.example" -> throw new UnknownHostException(host);
            default -> InetAddress.getAllByName(host);
          };

  @TempDir Path folder;
  private HttpServer server;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final byte[] picture = png(6, 4);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(HERE, 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.stop(0);
    for (AutoCloseable resource : opened) {
      resource.close();
    }
  }

  @Test
  void readsFilesInsideTheModelFolder() throws Exception {
    Files.createDirectories(folder.resolve("images"));
    Files.write(folder.resolve("images/a.png"), picture);
    assertEquals(6, fetcher().fetch(0, "images/a.png").getWidth());
    assertEquals(6, fetcher().fetch(0, "images/../images/a.png").getWidth());
    assertEquals(6, fetcher().fetch(0, folder.resolve("images/a.png").toString()).getWidth());
  }

  @Test
  void refusesRelativePathsThatLeaveTheFolder() throws Exception {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.write(folder.resolve("secret.png"), picture);
    try (CandidateFetcher fetcher =
        new CandidateFetcher(model, Limits.DEFAULTS, NetworkPolicy.OFFLINE)) {
      for (String path : List.of("../secret.png", "a/../../secret.png", "./../secret.png")) {
        assertEquals(
            "candidate 3 ("
                + path
                + ") leads out of the model folder; use a path inside it or an absolute one",
            refusal(fetcher, path));
      }
    }
  }

  @Test
  void namesFilesThatAreGoneOrNoPictures() throws Exception {
    Files.writeString(folder.resolve("a.png"), "no picture");
    Files.write(folder.resolve("half.png"), java.util.Arrays.copyOf(picture, 40));
    assertContains(refusal(fetcher(), "gone.png"), "candidate 3 (gone.png) is not at ");
    assertContains(refusal(fetcher(), ""), "is not at ");
    assertContains(refusal(fetcher(), "a.png"), "candidate 3 (a.png): ");
    assertContains(refusal(fetcher(), "half.png"), "half.png");
    assertContains(refusal(fetcher(), "a\0b"), "is no path");
    assertContains(refusal(fetcher(), "file:///etc/passwd"), "only http and https");
    assertContains(refusal(fetcher(), "/dev/zero"), "is not at ");
  }

  @Test
  void fetchesNothingUnlessAllowed() {
    AtomicInteger requests = new AtomicInteger();
    server.createContext("/", exchange -> requests.incrementAndGet());
    try (CandidateFetcher fetcher =
        new CandidateFetcher(
            folder, Limits.DEFAULTS, NetworkPolicy.OFFLINE, LOCAL, DIRECTORY, tls())) {
      assertEquals(
          "candidate 3 (http://here.example:%d/a) is on the network, which is off; allow it with NetworkPolicy.CANDIDATES"
              .formatted(port()),
          refusal(fetcher, url("/a?token=secret")));
    }
    assertEquals(0, requests.get());
  }

  @Test
  void fetchesPicturesWhateverTheServerCallsThem() {
    List<String> headers = new ArrayList<>();
    server.createContext(
        "/a b.txt",
        exchange -> {
          exchange.getRequestHeaders().keySet().forEach(headers::add);
          exchange.getResponseHeaders().add("Content-Type", "text/plain");
          exchange.getResponseHeaders().add("Set-Cookie", "id=1");
          exchange.sendResponseHeaders(200, picture.length);
          exchange.getResponseBody().write(picture);
          exchange.close();
        });
    server.createContext("/chunked", answer(0, picture));
    assertEquals(6, fetcher().fetch(1, url("/a b.txt?q=1")).getWidth());
    assertEquals(6, fetcher().fetch(1, url("/chunked")).getWidth());
    headers.removeAll(List.of("Host", "User-agent", "Accept", "Accept-encoding", "Connection"));
    assertEquals(List.of(), headers);
  }

  @Test
  void followsThreeRedirectsAndNoMore() {
    server.createContext("/picture", answer(picture.length, picture));
    server.createContext("/1", redirect("/picture"));
    server.createContext("/2", redirect("//here.example:" + port() + "/1"));
    server.createContext("/3", redirect(url("/2")));
    server.createContext("/4", redirect("3"));
    assertEquals(6, fetcher().fetch(1, url("/3")).getWidth());
    assertContains(refusal(fetcher(), url("/4")), "redirects more than 3 times");
  }

  @Test
  void refusesPrivateAddressesByNumberNameAndRedirect() {
    AtomicInteger requests = new AtomicInteger();
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.close();
        });
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofSeconds(5), 1 << 20);
    try (CandidateFetcher strict =
        new CandidateFetcher(
            folder, Limits.DEFAULTS, policy, anyPort(AddressPolicy.PUBLIC), DIRECTORY, tls())) {
      for (String host :
          List.of(
              "127.0.0.1",
              "0.0.0.0",
              "[::]",
              "[::1]",
              "[::ffff:127.0.0.1]",
              "[::127.0.0.1]",
              "[64:ff9b::127.0.0.1]",
              "[2002:7f00:1::]",
              "[fe80::1]",
              "[fd00::1]",
              "localhost",
              "here.example")) {
        assertContains(
            refusal(strict, "http://" + host + ":" + port() + "/x"),
            "which is not on the public internet");
      }
      assertContains(refusal(strict, "http://private.example/x"), "has the address 10.0.0.1");
      assertContains(refusal(strict, "http://mixed.example/x"), "has the address 192.168.0.1");
      assertContains(refusal(strict, "https://metadata.example/"), "169.254.169.254");
    }
    assertEquals(0, requests.get());
    server.createContext("/to-private", redirect("http://private.example/latest"));
    server.createContext("/to-metadata", redirect("http://169.254.169.254/latest"));
    server.createContext("/to-file", redirect("file:///etc/passwd"));
    server.createContext("/to-user", redirect("http://a:b@here.example/"));
    assertContains(refusal(fetcher(), url("/to-private")), "has the address 10.0.0.1");
    assertContains(refusal(fetcher(), url("/to-metadata")), "169.254.169.254");
    assertContains(refusal(fetcher(), url("/to-file")), "only http and https URLs are fetched");
    assertContains(refusal(fetcher(), url("/to-user")), "user name");
  }

  @Test
  void refusesOtherPorts() {
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofSeconds(5), 1 << 20);
    try (CandidateFetcher strict =
        new CandidateFetcher(
            folder, Limits.DEFAULTS, policy, AddressPolicy.PUBLIC, DIRECTORY, tls())) {
      assertContains(refusal(strict, "http://8.8.8.8:22/"), "port 22 is refused");
      assertContains(refusal(strict, "http://8.8.8.8:6379/"), "port 6379 is refused");
    }
  }

  /** A name that resolves to a private address only the second time is looked up only once. */
  @Test
  void looksEachNameUpOnce() {
    server.createContext("/", answer(picture.length, picture));
    AtomicInteger lookups = new AtomicInteger();
    WebTransfer.Resolver rebinding =
        host -> lookups.incrementAndGet() == 1 ? new InetAddress[] {HERE} : addresses("10.0.0.1");
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofSeconds(5), 1 << 20);
    try (CandidateFetcher fetcher =
        new CandidateFetcher(folder, Limits.DEFAULTS, policy, LOCAL, rebinding, tls())) {
      assertEquals(6, fetcher.fetch(1, url("/")).getWidth());
    }
    assertEquals(1, lookups.get());
  }

  @Test
  void namesServersThatAreDeadOrRefuse() throws IOException {
    server.createContext("/missing", exchange -> exchange.sendResponseHeaders(404, -1));
    int dead;
    try (ServerSocket socket = new ServerSocket(0, 1, HERE)) {
      dead = socket.getLocalPort();
    }
    assertContains(refusal(fetcher(), "http://here.example:" + dead + "/"), "ConnectException");
    assertContains(refusal(fetcher(), "http://nowhere.example/?s=secret"), "UnknownHostException");
    assertContains(refusal(fetcher(), url("/missing")), "status 404");
    assertContains(refusal(fetcher(), raw("SSH-2.0-x\r\n")), "does not speak HTTP/1.1");
    assertContains(refusal(fetcher(), raw("HTTP/1.1 200 OK\r\n")), "ended within");
    assertContains(
        refusal(fetcher(), raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")), "8 bytes early");
    assertContains(
        refusal(fetcher(), raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")), "no number");
    assertContains(
        refusal(fetcher(), raw("HTTP/1.1 200 OK\r\nX: " + "y".repeat(9000) + "\r\n\r\n")),
        "longer than 8192");
    assertContains(
        refusal(fetcher(), raw("HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(200) + "\r\n")),
        "more than 100 headers");
    assertContains(
        refusal(fetcher(), raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")), "compresses");
  }

  @Test
  void refusesContentThatIsNoPicture() {
    byte[] page = "<html>not found</html>".getBytes(StandardCharsets.UTF_8);
    server.createContext("/a.png", answer(page.length, page));
    assertContains(refusal(fetcher(), url("/a.png")), "is no usable picture: ");
  }

  @Test
  void refusesBodiesOverTheLimitHoweverTheyAreSent() throws IOException {
    byte[] large = new byte[(1 << 16) + 1];
    server.createContext("/stated", answer(large.length, large));
    server.createContext("/chunked", answer(0, large));
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofSeconds(5), 1 << 16);
    try (CandidateFetcher fetcher =
        new CandidateFetcher(folder, Limits.DEFAULTS, policy, LOCAL, DIRECTORY, tls())) {
      assertContains(refusal(fetcher, url("/stated")), "larger than 65536 bytes");
      assertContains(refusal(fetcher, url("/chunked")), "larger than 65536 bytes");
      String endless = "HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(large.length);
      assertContains(refusal(fetcher, raw(endless)), "larger than 65536 bytes");
    }
  }

  @Test
  void givesUpOnSlowServersInTime() throws IOException {
    CountDownLatch end = new CountDownLatch(1);
    opened.add(end::countDown);
    server.createContext(
        "/silent",
        exchange -> {
          await(end);
          exchange.close();
        });
    server.createContext(
        "/dripping",
        exchange -> {
          exchange.sendResponseHeaders(200, 1 << 20);
          try (OutputStream body = exchange.getResponseBody()) {
            for (int i = 0; i < 1000 && end.getCount() > 0; i++) {
              body.write(1);
              body.flush();
              end.await(20, TimeUnit.MILLISECONDS);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofMillis(400), 2 << 20);
    WebTransfer.Resolver hanging =
        host -> {
          if (host.equals("hanging.example")) {
            await(end);
          }
          return DIRECTORY.resolve(host);
        };
    try (CandidateFetcher fetcher =
        new CandidateFetcher(folder, Limits.DEFAULTS, policy, LOCAL, hanging, tls())) {
      for (String url : List.of(url("/silent"), url("/dripping"), "http://hanging.example/")) {
        long start = System.nanoTime();
        String message = refusal(fetcher, url);
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertContains(message, "took longer than 400 ms");
        assertTrue(millis < 15_000, url + " took " + millis + " ms");
      }
    }
  }

  @Test
  void boundsTransfersThatHang() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofMillis(50), 1 << 20);
    WebTransfer.Resolver hanging =
        host -> {
          // As a real lookup, deaf to interrupts.
          while (end.getCount() > 0) {
            await(end);
          }
          return DIRECTORY.resolve(host);
        };
    try (CandidateFetcher fetcher =
        new CandidateFetcher(folder, Limits.DEFAULTS, policy, LOCAL, hanging, tls())) {
      String last = "";
      for (int i = 0; i < 17; i++) {
        last = refusal(fetcher, "http://h.example/");
      }
      assertContains(last, "16 transfers are under way already");
    } finally {
      end.countDown();
    }
  }

  @Test
  void honoursInterrupts() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    opened.add(end::countDown);
    server.createContext(
        "/silent",
        exchange -> {
          asked.countDown();
          await(end);
          exchange.close();
        });
    CandidateFetcher fetcher = fetcher();
    List<String> messages = new ArrayList<>();
    Thread caller =
        new Thread(
            () -> {
              messages.add(refusal(fetcher, url("/silent")));
              messages.add("interrupted " + Thread.currentThread().isInterrupted());
            });
    caller.start();
    asked.await();
    caller.interrupt();
    caller.join();
    assertContains(messages.get(0), "was interrupted");
    assertEquals("interrupted true", messages.get(1));
  }

  @Test
  void checksCertificatesAgainstTheName() throws Exception {
    KeyStore keys = certificate("here.example");
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "changeit".toCharArray());
    SSLContext serverSide = SSLContext.getInstance("TLS");
    serverSide.init(managers.getKeyManagers(), null, null);
    HttpsServer secure = HttpsServer.create(new InetSocketAddress(HERE, 0), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(serverSide));
    secure.createContext("/", answer(picture.length, picture));
    secure.start();
    opened.add(() -> secure.stop(0));

    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(keys);
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, trust.getTrustManagers(), null);
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofSeconds(20), 1 << 20);
    String port = ":" + secure.getAddress().getPort() + "/";
    WebTransfer.Resolver resolver = host -> new InetAddress[] {HERE};
    try (CandidateFetcher fetcher =
        new CandidateFetcher(
            folder, Limits.DEFAULTS, policy, LOCAL, resolver, trusting.getSocketFactory())) {
      assertEquals(6, fetcher.fetch(1, "https://here.example" + port).getWidth());
      assertContains(refusal(fetcher, "https://other.example" + port), "SSLHandshakeException");
    }
    try (CandidateFetcher untrusting =
        new CandidateFetcher(folder, Limits.DEFAULTS, policy, LOCAL, resolver, tls())) {
      assertContains(refusal(untrusting, "https://here.example" + port), "SSLHandshakeException");
    }
  }

  @Test
  void refusesToFetchAfterClosing() {
    CandidateFetcher fetcher = fetcher();
    fetcher.close();
    assertContains(refusal(fetcher, url("/")), "the retriever is closed");
  }

  private KeyStore certificate(String host) throws Exception {
    Path file = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + host,
                "-ext",
                "san=dns:" + host,
                "-storepass",
                "changeit",
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertEquals(0, keytool.waitFor());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, "changeit".toCharArray());
    }
    return keys;
  }

  private CandidateFetcher fetcher() {
    NetworkPolicy policy = new NetworkPolicy(true, Duration.ofSeconds(20), 1 << 20);
    CandidateFetcher fetcher =
        new CandidateFetcher(folder, Limits.DEFAULTS, policy, LOCAL, DIRECTORY, tls());
    opened.add(fetcher);
    return fetcher;
  }

  private static AddressPolicy anyPort(AddressPolicy addresses) {
    return new AddressPolicy() {
      @Override
      public boolean allows(InetAddress address) {
        return addresses.allows(address);
      }

      @Override
      public boolean allows(int port) {
        return true;
      }
    };
  }

  private static SSLSocketFactory tls() {
    return (SSLSocketFactory) SSLSocketFactory.getDefault();
  }

  private int port() {
    return server.getAddress().getPort();
  }

  private String url(String path) {
    return "http://here.example:" + port() + path;
  }

  /** The URL of a server that answers with these bytes and closes. */
  private String raw(String response) throws IOException {
    ServerSocket socket = new ServerSocket(0, 1, HERE);
    opened.add(socket);
    Thread thread =
        new Thread(
            () -> {
              try (Socket client = socket.accept()) {
                BufferedReader request =
                    new BufferedReader(
                        new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
                String line = request.readLine();
                while (line != null && !line.isEmpty()) {
                  line = request.readLine();
                }
                client.getOutputStream().write(response.getBytes(StandardCharsets.ISO_8859_1));
              } catch (IOException e) {
                // The client may be gone by now.
                return;
              }
            });
    thread.setDaemon(true);
    thread.start();
    return "http://here.example:" + socket.getLocalPort() + "/?key=secret";
  }

  private static HttpHandler answer(long length, byte[] body) {
    return exchange -> {
      exchange.sendResponseHeaders(200, length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    };
  }

  private static HttpHandler redirect(String location) {
    return exchange -> {
      exchange.getResponseHeaders().add("Location", location);
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      // These stand for servers and lookups that nobody can hurry.
      return;
    }
  }

  private static InetAddress[] addresses(String... numbers) throws UnknownHostException {
    InetAddress[] addresses = new InetAddress[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      addresses[i] = InetAddress.getByName(numbers[i]);
    }
    return addresses;
  }

  private static byte[] png(int width, int height) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", bytes);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String refusal(CandidateFetcher fetcher, String path) {
    RetrievalException refusal =
        assertThrows(RetrievalException.class, () -> fetcher.fetch(3, path), path);
    assertFalse(
        refusal.getMessage().contains("secret=") || refusal.getMessage().contains("=secret"));
    return refusal.getMessage();
  }

  private static void assertContains(String text, String part) {
    assertTrue(text.contains(part), text);
  }
}
