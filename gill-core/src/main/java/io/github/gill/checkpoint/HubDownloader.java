package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Downloads files of the Hugging Face hub into its usual cache, where Python finds them too.
 *
 * <p>Nothing in this library downloads unless the caller makes one of these. Only https is spoken,
 * with the configured host first and with whatever https hosts it redirects to; a token goes to the
 * configured host alone. Each file's size and digest are known from the caller or from the hub
 * before the first byte, are checked after the last, and only then does the file get its name. An
 * interrupted download continues where it stopped. Thread-safe; two processes do not fetch one file
 * at once.
 */
public final class HubDownloader {

  /** The hub. */
  public static final URI HUB = URI.create("https://huggingface.co");

  private static final Logger LOG = LoggerFactory.getLogger(HubDownloader.class);
  private static final int ATTEMPTS = 5;
  private static final int REDIRECTS = 5;

  private final HubCache cache;
  private final URI endpoint;
  private final @Nullable String token;
  private final Predicate<URI> secure;
  private final Duration pause;
  private final Duration patience;
  private final HttpClient client;

  /**
   * Makes a downloader.
   *
   * @param cache where files go
   * @param endpoint the hub or a mirror of it, https; usually {@link #HUB}
   * @param token an access token for repositories that need one, or null
   * @throws IllegalArgumentException if the endpoint is not an https address
   */
  public HubDownloader(HubCache cache, URI endpoint, @Nullable String token) {
    this(
        cache,
        endpoint,
        token,
        uri -> "https".equalsIgnoreCase(uri.getScheme()),
        Duration.ofSeconds(2),
        Duration.ofSeconds(30));
  }

  HubDownloader(
      HubCache cache,
      URI endpoint,
      @Nullable String token,
      Predicate<URI> secure,
      Duration pause,
      Duration patience) {
    if (!secure.test(endpoint) || endpoint.getHost() == null) {
      throw new IllegalArgumentException(endpoint + " is not an https address");
    }
    this.cache = cache;
    this.endpoint = endpoint;
    this.token = token;
    this.secure = secure;
    this.pause = pause;
    this.patience = patience;
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(20))
            .build();
  }

  /**
   * Downloads files that are not there yet.
   *
   * @param repository for example {@code facebook/opt-6.7b}
   * @param revision a branch, tag or commit, usually {@code main}
   * @param files what to fetch
   * @param listener watches
   * @return the snapshot folder that then holds all of them
   * @throws ModelFileException if the hub cannot be reached, refuses, or sends anything but what
   *     was expected; finished files and begun ones stay for the next attempt
   */
  public Path download(
      String repository, String revision, List<HubFile> files, DownloadListener listener) {
    if (files.isEmpty() || !HubCache.isPlain(revision)) {
      throw new IllegalArgumentException("name files and a branch, tag or commit");
    }
    Path folder = cache.folder(repository);
    String commit = null;
    for (HubFile file : files) {
      try {
        URI address =
            endpoint.resolve("/%s/resolve/%s/%s".formatted(repository, revision, file.path()));
        RemoteFile remote = ask(address, file);
        if (commit != null && !commit.equals(remote.commit())) {
          throw new ModelFileException(repository + " changed during the download; start it again");
        }
        commit = remote.commit();
        Path blob = folder.resolve("blobs").resolve(remote.digest().hex());
        if (!Files.isRegularFile(blob)) {
          fetchLocked(blob, remote, file, listener);
        }
        link(folder.resolve("snapshots").resolve(commit), file, blob);
      } catch (IOException e) {
        throw new ModelFileException(
            "%s of %s could not be downloaded from %s (%s); check the connection, or put the file into the model folder yourself"
                .formatted(file.path(), repository, endpoint.getHost(), e),
            e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ModelFileException(
            "the download of " + file.path() + " was interrupted; it continues when started again",
            e);
      }
    }
    String snapshot = Objects.requireNonNull(commit);
    if (snapshot.equals(revision)) {
      return folder.resolve("snapshots").resolve(snapshot);
    }
    try {
      Path refs = Files.createDirectories(folder.resolve("refs"));
      AtomicFile.write(
          refs.resolve(revision),
          channel -> channel.write(ByteBuffer.wrap(snapshot.getBytes(StandardCharsets.US_ASCII))));
    } catch (IOException e) {
      throw new ModelFileException(folder + " cannot be written: " + e, e);
    }
    return folder.resolve("snapshots").resolve(snapshot);
  }

  /** Asks the hub for a file's commit, size, digest and place. */
  private RemoteFile ask(URI address, HubFile file) throws IOException, InterruptedException {
    URI at = address;
    for (int i = 0; i < REDIRECTS; i++) {
      HttpRequest request = request(at).method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
      HttpResponse<Void> response = client.send(request, HttpResponse.BodyHandlers.discarding());
      int status = response.statusCode();
      // A moved repository answers with a redirect that has no commit yet.
      if (status / 100 == 3 && response.headers().firstValue("x-repo-commit").isEmpty()) {
        at = redirect(at, response);
      } else if (status / 100 == 2 || status / 100 == 3) {
        return RemoteFile.of(file, at, response.headers(), status / 100 == 3);
      } else {
        throw refused(at, status);
      }
    }
    throw new IOException("more than " + REDIRECTS + " redirects");
  }

  private void fetchLocked(Path blob, RemoteFile remote, HubFile file, DownloadListener listener)
      throws IOException, InterruptedException {
    Files.createDirectories(blob.getParent());
    Path part = blob.resolveSibling(blob.getFileName() + ".incomplete");
    try (FileChannel channel =
        FileChannel.open(
            part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      try (FileLock lock = channel.tryLock()) {
        if (lock == null) {
          throw new IOException("another process downloads it now");
        }
        fetch(channel, remote, file, listener);
        channel.force(true);
      } catch (OverlappingFileLockException e) {
        throw new IOException("another thread downloads it now", e);
      }
    }
    AtomicFile.publish(part, blob);
  }

  private void fetch(FileChannel part, RemoteFile remote, HubFile file, DownloadListener listener)
      throws IOException, InterruptedException {
    PartialFile target = new PartialFile(part, remote, file.path(), listener);
    for (int attempt = 1; !target.complete(); attempt++) {
      long before = target.done();
      try {
        transfer(remote, target);
      } catch (IOException e) {
        if (e.getCause() instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        if (target.done() > before) {
          attempt = 1;
        }
        if (attempt >= ATTEMPTS) {
          throw e;
        }
        LOG.debug("Attempt {} at {} ended early", attempt, file.path(), e);
        Thread.sleep(pause.toMillis() * attempt);
      }
    }
    target.verify();
  }

  private void transfer(RemoteFile remote, PartialFile target)
      throws IOException, InterruptedException {
    URI at = remote.address();
    for (int i = 0; i < REDIRECTS; i++) {
      HttpRequest.Builder request = request(at).GET();
      if (target.done() > 0) {
        request.header("Range", "bytes=" + target.done() + "-");
      }
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (var body = response.body()) {
        int status = response.statusCode();
        if (status / 100 == 3) {
          at = redirect(at, response);
          continue;
        }
        if (status == 206) {
          String range = response.headers().firstValue("content-range").orElse("");
          if (!range.toLowerCase(Locale.ROOT).startsWith("bytes " + target.done() + "-")) {
            throw new IOException("asked to continue at " + target.done() + ", got " + range);
          }
        } else if (status == 200) {
          target.restart();
        } else if (status / 100 == 5 || status == 429) {
          throw new IOException("the server answered " + status);
        } else {
          throw refused(at, status);
        }
        StallGuard guard = new StallGuard(body, target::done, patience);
        try {
          target.append(body);
        } finally {
          guard.stop();
        }
        return;
      }
    }
    throw new IOException("more than " + REDIRECTS + " redirects");
  }

  private HttpRequest.Builder request(URI address) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .timeout(Duration.ofSeconds(60))
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "gill-jvm");
    boolean ours =
        endpoint.getHost().equalsIgnoreCase(address.getHost())
            && endpoint.getPort() == address.getPort()
            && String.valueOf(endpoint.getScheme()).equalsIgnoreCase(address.getScheme());
    return token != null && ours ? request.header("Authorization", "Bearer " + token) : request;
  }

  private URI redirect(URI from, HttpResponse<?> response) throws IOException {
    String location =
        response
            .headers()
            .firstValue("location")
            .orElseThrow(() -> new IOException("a redirect leads nowhere"));
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("a redirect leads to no address", e);
    }
    if (!secure.test(to) || to.getHost() == null) {
      throw new ModelFileException(
          from.getHost() + " redirects to an address without TLS, which is refused");
    }
    return to;
  }

  private ModelFileException refused(URI address, int status) {
    String mend =
        switch (status) {
          case 401, 403 -> "accept the model's licence on its page and give an access token";
          case 404 -> "check the repository's and the file's name";
          default -> "try again later";
        };
    return new ModelFileException(
        "%s answered %d for %s; %s".formatted(address.getHost(), status, address.getPath(), mend));
  }

  /** Makes the file appear in the snapshot: a relative link to its content, as Python does. */
  private static void link(Path snapshot, HubFile file, Path blob) throws IOException {
    Path path = snapshot.resolve(file.path());
    Path folder = Files.createDirectories(Objects.requireNonNull(path.getParent()));
    Path target = folder.relativize(blob);
    if (Files.isSymbolicLink(path) && Files.readSymbolicLink(path).equals(target)) {
      return;
    }
    Path link = folder.resolve("." + path.getFileName() + "." + UUID.randomUUID());
    try {
      Files.createSymbolicLink(link, target);
    } catch (IOException | UnsupportedOperationException e) {
      // Windows without the privilege to link; a copy is what Python makes there.
      Files.copy(blob, link);
    }
    Files.move(link, path, StandardCopyOption.REPLACE_EXISTING);
  }
}
