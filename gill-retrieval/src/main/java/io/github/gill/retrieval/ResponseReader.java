package io.github.gill.retrieval;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one HTTP/1.1 response of a bounded size (RFC 9112). */
final class ResponseReader {

  private static final int MAX_LINE = 8192;
  private static final int MAX_HEADERS = 100;
  private static final int MAX_INTERIM = 5;

  private final InputStream in;
  private final long maxBytes;

  /**
   * A response's beginning.
   *
   * @param status its number, 100 to 599
   * @param headers by name in lower case, the last of each name
   */
  record Head(int status, Map<String, String> headers) {
    @Nullable String header(String name) {
      return headers.get(name);
    }
  }

  ResponseReader(InputStream in, long maxBytes) {
    this.in = new BufferedInputStream(in);
    this.maxBytes = maxBytes;
  }

  Head head() throws IOException {
    for (int interim = 0; interim < MAX_INTERIM; interim++) {
      Head head = oneHead();
      if (head.status() >= 200) {
        return head;
      }
    }
    throw new ProtocolException("the server sends only interim responses");
  }

  private Head oneHead() throws IOException {
    String line = line();
    if (!line.matches("HTTP/1\\.[01] [1-5]\\d\\d( .*)?")) {
      throw new ProtocolException("the server does not speak HTTP/1.1");
    }
    int status = Integer.parseInt(line.substring(9, 12));
    Map<String, String> headers = new HashMap<>();
    for (int i = 0; i <= MAX_HEADERS; i++) {
      line = line();
      if (line.isEmpty()) {
        return new Head(status, headers);
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
            line.substring(colon + 1).strip());
      }
    }
    throw new ProtocolException("the server sends more than " + MAX_HEADERS + " headers");
  }

  byte[] body(Head head) throws IOException {
    String encoding = head.header("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new ProtocolException("the server compresses what was asked for uncompressed");
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String transfer = head.header("transfer-encoding");
    String length = head.header("content-length");
    if (transfer != null) {
      if (!transfer.equalsIgnoreCase("chunked")) {
        throw new ProtocolException("the server sends in an encoding other than chunked");
      }
      chunks(body);
    } else if (length != null) {
      long bytes = number(length, 10);
      if (bytes > maxBytes) {
        throw tooLarge();
      }
      copy(bytes, body);
    } else {
      copyToEnd(body);
    }
    return body.toByteArray();
  }

  private void chunks(ByteArrayOutputStream body) throws IOException {
    while (true) {
      String line = line();
      int extension = line.indexOf(';');
      long size = number((extension < 0 ? line : line.substring(0, extension)).strip(), 16);
      if (size == 0) {
        return; // Trailers are of no use here, and the connection is not used again.
      }
      if (size > maxBytes - body.size()) {
        throw tooLarge();
      }
      copy(size, body);
      if (!line().isEmpty()) {
        throw new ProtocolException("a chunk is longer than it says");
      }
    }
  }

  private void copy(long bytes, ByteArrayOutputStream body) throws IOException {
    byte[] buffer = new byte[8192];
    long left = bytes;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new EOFException("the connection ended " + left + " bytes early");
      }
      body.write(buffer, 0, count);
      left -= count;
    }
  }

  private void copyToEnd(ByteArrayOutputStream body) throws IOException {
    byte[] buffer = new byte[8192];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      if (count > maxBytes - body.size()) {
        throw tooLarge();
      }
      body.write(buffer, 0, count);
    }
  }

  private IOException tooLarge() {
    return new IOException("it is larger than " + maxBytes + " bytes, the policy's maxBytes");
  }

  private static long number(String digits, int radix) throws ProtocolException {
    if (!digits.matches("[0-9a-fA-F]{1,15}")) {
      throw new ProtocolException("the server gives a size that is no number");
    }
    try {
      return Long.parseLong(digits, radix);
    } catch (NumberFormatException e) {
      ProtocolException wrong = new ProtocolException("the server gives a size that is no number");
      wrong.initCause(e);
      throw wrong;
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection ended within the response's head");
      }
      if (line.size() == MAX_LINE) {
        throw new ProtocolException("a line of the response is longer than " + MAX_LINE + " bytes");
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
