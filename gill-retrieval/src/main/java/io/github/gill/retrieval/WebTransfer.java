package io.github.gill.retrieval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * One fetch by http or https: connects only to addresses that were checked, which {@code
 * java.net.http} cannot promise.
 *
 * <p>A host's name is resolved once per hop; every address must be allowed, and the connection goes
 * to one of these very addresses, so a name that resolves differently the second time gains
 * nothing. TLS is for the name: the certificate must be valid for it. No proxy, no cookies, no
 * credentials, one request per connection.
 *
 * <p>{@link #call} runs in one thread; {@link #abort} may end it from another.
 */
final class WebTransfer implements Callable<byte[]> {

  private static final int MAX_REDIRECTS = 3;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final WebAddress start;
  private final AddressPolicy policy;
  private final Resolver resolver;
  private final SSLSocketFactory tls;
  private final int connectMillis;
  private final long maxBytes;

  private @Nullable Socket open;
  private boolean aborted;

  /** Looks hosts up. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String host) throws IOException;
  }

  WebTransfer(
      WebAddress start,
      AddressPolicy policy,
      Resolver resolver,
      SSLSocketFactory tls,
      int connectMillis,
      long maxBytes) {
    this.start = start;
    this.policy = policy;
    this.resolver = resolver;
    this.tls = tls;
    this.connectMillis = connectMillis;
    this.maxBytes = maxBytes;
  }

  /** Fetches the body, following redirects. */
  @Override
  public byte[] call() throws IOException {
    WebAddress address = start;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      try (Socket socket = connect(address)) {
        request(socket, address);
        ResponseReader response = new ResponseReader(socket.getInputStream(), maxBytes);
        ResponseReader.Head head = response.head();
        if (head.status() == 200) {
          return response.body(head);
        }
        String location = head.header("location");
        if (!REDIRECTS.contains(head.status()) || location == null) {
          throw new IOException("the server answers with status " + head.status());
        }
        address = next(address, location);
      }
    }
    throw new ProtocolException("it redirects more than " + MAX_REDIRECTS + " times");
  }

  private static WebAddress next(WebAddress address, String location) throws IOException {
    try {
      return address.redirected(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("it redirects to what is refused: " + e.getMessage(), e);
    }
  }

  private Socket connect(WebAddress address) throws IOException {
    if (!policy.allows(address.port())) {
      throw new IOException("port " + address.port() + " is refused; only 80 and 443 are allowed");
    }
    InetAddress[] candidates = resolver.resolve(address.host());
    for (InetAddress candidate : candidates) {
      // All of them, so that a mixed answer cannot pass by luck.
      if (!policy.allows(candidate)) {
        throw new IOException(
            "%s has the address %s, which is not on the public internet"
                .formatted(address.host(), candidate.getHostAddress()));
      }
    }
    IOException failure = new IOException(address.host() + " has no address");
    for (InetAddress candidate : candidates) {
      Socket socket = opened(new Socket(Proxy.NO_PROXY));
      try {
        socket.connect(new InetSocketAddress(candidate, address.port()), connectMillis);
        socket.setSoTimeout(connectMillis);
        return address.secure() ? secured(socket, address.host(), address.port()) : socket;
      } catch (IOException e) {
        socket.close();
        failure = e;
      }
    }
    throw failure;
  }

  private Socket secured(Socket plain, String host, int port) throws IOException {
    SSLSocket socket = (SSLSocket) tls.createSocket(plain, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    if (host.indexOf(':') < 0 && !host.matches("[0-9.]+")) {
      try {
        parameters.setServerNames(List.of(new SNIHostName(host)));
      } catch (IllegalArgumentException e) {
        throw new IOException(host + " is no name for TLS", e);
      }
    }
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static void request(Socket socket, WebAddress address) throws IOException {
    String request =
        "GET "
            + address.target()
            + " HTTP/1.1\r\nHost: "
            + address.authority()
            + "\r\nUser-Agent: gill-jvm\r\nAccept: image/*\r\nAccept-Encoding: identity\r\n"
            + "Connection: close\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private synchronized Socket opened(Socket socket) throws IOException {
    open = socket;
    if (aborted) {
      socket.close();
      throw new IOException("aborted");
    }
    return socket;
  }

  /** Ends the transfer wherever it is. */
  synchronized void abort() {
    aborted = true;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
