package io.github.gill.retrieval;

import io.github.gill.GillException;
import io.github.gill.Limits;
import io.github.gill.NetworkPolicy;
import io.github.gill.RetrievalException;
import io.github.gill.vision.PictureReader;
import java.awt.image.BufferedImage;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Reads candidates' pictures from files and, where the policy allows it, from the network.
 *
 * <p>A relative path is taken from the model folder and may not leave it; an absolute one is taken
 * as it is. Content is what its bytes say, whatever its name or the server calls it, within the
 * limits on bytes and pixels. Errors name URLs without their query. Thread-safe.
 */
final class CandidateFetcher implements AutoCloseable {

  /** Name lookups cannot be interrupted: hung ones may pile up to here, then fetches fail. */
  private static final int MAX_TRANSFERS = 16;

  private final Path folder;
  private final Limits limits;
  private final NetworkPolicy network;
  private final AddressPolicy addresses;
  private final WebTransfer.Resolver resolver;
  private final @Nullable SSLSocketFactory tls;
  private final ExecutorService transfers =
      new ThreadPoolExecutor(
          0,
          MAX_TRANSFERS,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(task, "gill-fetch");
            thread.setDaemon(true);
            return thread;
          });

  CandidateFetcher(Path folder, Limits limits, NetworkPolicy network) {
    this(folder, limits, network, AddressPolicy.PUBLIC, InetAddress::getAllByName, null);
  }

  CandidateFetcher(
      Path folder,
      Limits limits,
      NetworkPolicy network,
      AddressPolicy addresses,
      WebTransfer.Resolver resolver,
      @Nullable SSLSocketFactory tls) {
    this.folder = folder.toAbsolutePath().normalize();
    this.limits = limits;
    this.network = network;
    this.addresses = addresses;
    this.resolver = resolver;
    this.tls = tls;
  }

  /**
   * Reads a picture.
   *
   * @param index the candidate's index, for messages
   * @param path its path or URL
   * @return the picture in RGB
   * @throws RetrievalException if it is gone, refused, too large, too slow or no picture
   */
  BufferedImage fetch(int index, String path) {
    return WebAddress.isUrl(path) ? fromWeb(index, path) : fromFile(index, path);
  }

  private BufferedImage fromFile(int index, String path) {
    String name = "candidate " + index + " (" + path + ")";
    Path file = resolve(name, path);
    if (!Files.isRegularFile(file)) {
      throw new RetrievalException(
          name + " is not at " + file + "; put the pictures back or build the index anew");
    }
    try {
      return PictureReader.read(file, limits);
    } catch (GillException e) {
      throw new RetrievalException(name + ": " + e.getMessage(), e);
    }
  }

  private Path resolve(String name, String path) {
    Path given;
    try {
      given = Path.of(path);
    } catch (InvalidPathException e) {
      throw new RetrievalException(
          "%s is no path: %s".formatted(printable(name), e.getReason()), e);
    }
    Path file = folder.resolve(given).normalize();
    if (!given.isAbsolute() && !file.startsWith(folder)) {
      throw new RetrievalException(
          name + " leads out of the model folder; use a path inside it or an absolute one");
    }
    return file;
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  private BufferedImage fromWeb(int index, String url) {
    WebAddress address;
    try {
      address = WebAddress.parse(url);
    } catch (IllegalArgumentException e) {
      throw new RetrievalException("candidate " + index + " is refused: " + e.getMessage(), e);
    }
    String name = "candidate " + index + " (" + address + ")";
    if (!network.candidates()) {
      throw new RetrievalException(
          name + " is on the network, which is off; allow it with NetworkPolicy.CANDIDATES");
    }
    byte[] content = transfer(name, address);
    try {
      return PictureReader.read(content, limits);
    } catch (GillException e) {
      throw new RetrievalException(name + " is no usable picture: " + e.getMessage(), e);
    }
  }

  private byte[] transfer(String name, WebAddress address) {
    long millis = Math.max(1, network.timeout().toMillis());
    WebTransfer transfer =
        new WebTransfer(
            address,
            addresses,
            resolver,
            tls == null ? (SSLSocketFactory) SSLSocketFactory.getDefault() : tls,
            (int) Math.min(Integer.MAX_VALUE, millis),
            Math.min(network.maxBytes(), limits.imageBytes()));
    Future<byte[]> running;
    try {
      running = transfers.submit(transfer);
    } catch (RejectedExecutionException e) {
      throw new RetrievalException(
          name
              + ": "
              + (transfers.isShutdown()
                  ? "the retriever is closed"
                  : MAX_TRANSFERS + " transfers are under way already; try again later"),
          e);
    }
    try {
      return running.get(millis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      // The socket has the same limit, and may be the first to notice.
      throw e.getCause() instanceof SocketTimeoutException
          ? tooSlow(name, millis, e)
          : failed(name, e.getCause());
    } catch (TimeoutException e) {
      throw tooSlow(name, millis, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RetrievalException(name + " was interrupted", e);
    } finally {
      transfer.abort();
    }
  }

  private static RetrievalException tooSlow(String name, long millis, Exception cause) {
    return new RetrievalException(
        name + " took longer than " + millis + " ms, the policy's timeout", cause);
  }

  private static RetrievalException failed(String name, @Nullable Throwable cause) {
    String reason = cause == null || cause.getMessage() == null ? "it failed" : cause.getMessage();
    return new RetrievalException(
        name
            + " could not be fetched: "
            + reason
            + (cause == null ? "" : " (" + cause.getClass().getSimpleName() + ")"),
        cause);
  }

  /** Ends transfers that are under way. */
  @Override
  public void close() {
    transfers.shutdownNow();
  }
}
