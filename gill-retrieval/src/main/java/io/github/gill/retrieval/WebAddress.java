package io.github.gill.retrieval;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An http or https URL, taken apart so that what is checked is what is asked for.
 *
 * <p>Collections' URLs have spaces, accents and stray signs in their paths; those are escaped, as
 * browsers do. Hosts are held to letters, digits, dots, hyphens and underscores, or an IPv6 address
 * in brackets; an IPv4 address has four decimal numbers. Names with a password are refused.
 *
 * @param secure whether this is https
 * @param host the host in ASCII, an IPv6 address without brackets
 * @param port the port, 80 or 443 if the URL has none
 * @param target path and query, escaped, beginning with {@code /}
 */
record WebAddress(boolean secure, String host, int port, String target) {

  private static final Pattern URL =
      Pattern.compile("(?<scheme>https?)://(?<authority>[^/?#]*)(?<target>[^#]*).*", flags());
  private static final Pattern AUTHORITY =
      Pattern.compile("(?<host>\\[[0-9a-fA-F:.]+]|[^:@\\[\\]]+)(?::(?<port>\\d{0,5}))?");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]{1,253}");
  private static final Pattern NUMBER =
      Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)\\.?", Pattern.CASE_INSENSITIVE);
  private static final Pattern QUAD = Pattern.compile("(0|[1-9]\\d{0,2})(\\.(0|[1-9]\\d{0,2})){3}");
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:(//.*)?", flags());
  private static final String ESCAPED = "\"<>\\^`{|}";

  private static int flags() {
    return Pattern.CASE_INSENSITIVE | Pattern.DOTALL;
  }

  /** Says whether text is a URL of whatever scheme, not a path. */
  static boolean isUrl(String text) {
    return SCHEME.matcher(text).matches();
  }

  /**
   * Parses a URL.
   *
   * @throws IllegalArgumentException if it is not one that may be fetched; the message says why
   */
  static WebAddress parse(String url) {
    Matcher parts = URL.matcher(url.strip());
    if (!parts.matches()) {
      throw new IllegalArgumentException("only http and https URLs are fetched");
    }
    String authority = parts.group("authority");
    if (authority.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "the URL has a user name; URLs with credentials are refused");
    }
    Matcher place = AUTHORITY.matcher(authority);
    if (!place.matches()) {
      throw new IllegalArgumentException("the URL's host is malformed");
    }
    boolean secure = parts.group("scheme").length() == "https".length();
    String port = place.group("port");
    int number = port == null || port.isEmpty() ? (secure ? 443 : 80) : Integer.parseInt(port);
    if (number < 1 || number > 0xffff) {
      throw new IllegalArgumentException("the URL's port is " + number + ", must be 1 to 65535");
    }
    return new WebAddress(secure, host(place.group("host")), number, target(parts.group("target")));
  }

  private static String host(String host) {
    if (host.startsWith("[")) {
      return host.substring(1, host.length() - 1);
    }
    String ascii = IDN.toASCII(host, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
    if (!HOST.matcher(ascii).matches()) {
      throw new IllegalArgumentException("the URL's host is malformed");
    }
    // 0177.1 and 0x7f000001 are one host to one resolver and another to the next.
    if (NUMBER.matcher(ascii).matches() && !QUAD.matcher(ascii).matches()) {
      throw new IllegalArgumentException("the URL's host is a number, but not as in 192.0.2.1");
    }
    return ascii;
  }

  private static String target(String target) {
    StringBuilder escaped = new StringBuilder(target.startsWith("/") ? "" : "/");
    for (byte b : target.getBytes(StandardCharsets.UTF_8)) {
      if (b > ' ' && b < 0x7f && ESCAPED.indexOf(b) < 0) {
        escaped.append((char) b);
      } else {
        escaped.append('%').append("%02X".formatted(b));
      }
    }
    return escaped.toString();
  }

  /**
   * Resolves what a redirect points at.
   *
   * @param location an absolute URL, {@code //host/path}, {@code /path}, {@code ?query} or a path
   *     beside this one
   * @throws IllegalArgumentException as {@link #parse}
   */
  WebAddress redirected(String location) {
    if (isUrl(location)) {
      return parse(location);
    }
    String scheme = secure ? "https:" : "http:";
    if (location.startsWith("//")) {
      return parse(scheme + location);
    }
    String path = target.contains("?") ? target.substring(0, target.indexOf('?')) : target;
    String base =
        location.startsWith("/")
            ? ""
            : location.startsWith("?") ? path : path.substring(0, path.lastIndexOf('/') + 1);
    return parse(scheme + "//" + authority() + base + location);
  }

  /** The host and, where it is not the usual one, the port, as the Host header has it. */
  String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (secure ? 443 : 80) ? name : name + ":" + port;
  }

  /** The URL without its query, which may hold a secret. */
  @Override
  public String toString() {
    int query = target.indexOf('?');
    return (secure ? "https://" : "http://")
        + authority()
        + (query < 0 ? target : target.substring(0, query));
  }
}
