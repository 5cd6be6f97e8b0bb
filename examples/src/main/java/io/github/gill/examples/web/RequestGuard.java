package io.github.gill.examples.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other web sites away from a server that a browser on the same machine can reach.
 *
 * <p>A site's own name may be made to point here (DNS rebinding), so the {@code Host} must be an
 * address or a known name; a site may post here, so {@code Origin} and {@code Sec-Fetch-Site} must
 * be this server's own.
 */
final class RequestGuard {

  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+]");
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Set<String> SAME_SITE = Set.of("same-origin", "none");

  private final boolean loopback;
  private final Set<String> names;

  /**
   * Makes a guard.
   *
   * @param boundHost the address or name that the server is bound to
   * @param names further names under which it may be reached, in any case
   */
  RequestGuard(String boundHost, Set<String> names) {
    String bound = name(boundHost);
    this.loopback = bound.equals("::1") || LOOPBACK.contains(bound);
    this.names =
        Stream.concat(Stream.of(bound), names.stream().map(RequestGuard::name))
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Lets a request pass.
   *
   * @throws ApiException if it comes from another site
   */
  void check(HttpServletRequest request) {
    String host = request.getHeader("Host");
    if (host == null || !isOurs(name(host))) {
      throw refused("the Host header is \"" + host + "\"; name it with --host-name to allow it");
    }
    String origin = request.getHeader("Origin");
    if (origin != null && !isFrom(origin, host)) {
      throw refused("the request comes from " + origin + ", not from this server's own pages");
    }
    String path = request.getRequestURI();
    String site = request.getHeader("Sec-Fetch-Site");
    boolean page = !path.startsWith("/api/") && !path.startsWith("/v1/");
    boolean link = page && "navigate".equals(request.getHeader("Sec-Fetch-Mode"));
    if (site != null && !SAME_SITE.contains(site) && !link) {
      throw refused("the request comes from another site (" + site + ")");
    }
  }

  private boolean isOurs(String name) {
    return LOOPBACK.contains(name)
        || names.contains(name)
        || (!loopback && ADDRESS.matcher(name).matches());
  }

  private static boolean isFrom(String origin, String host) {
    try {
      String authority = URI.create(origin).getAuthority();
      return host.equalsIgnoreCase(authority);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A host without its port, in small letters. */
  private static String name(String host) {
    boolean oneColon = host.indexOf(':') == host.lastIndexOf(':');
    int end = host.startsWith("[") ? host.indexOf(']') + 1 : oneColon ? host.indexOf(':') : -1;
    return (end > 0 ? host.substring(0, end) : host).toLowerCase(Locale.ROOT);
  }

  private static ApiException refused(String message) {
    return new ApiException(403, "forbidden", message);
  }

  /** Tells browsers to load nothing from elsewhere and to keep other sites out. */
  static void addHeaders(HttpServletResponse response, @Nullable String path) {
    response.setHeader(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
            + " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    response.setHeader("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    if (path != null && (path.startsWith("/api/") || path.startsWith("/v1/"))) {
      response.setHeader("Cache-Control", "no-store");
    }
  }
}
