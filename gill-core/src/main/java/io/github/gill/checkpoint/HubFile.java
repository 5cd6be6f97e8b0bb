package io.github.gill.checkpoint;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A file of a repository on the hub, with what is known of it beforehand.
 *
 * @param path its path in the repository, parts separated by {@code /}
 * @param size its bytes, or -1 to believe the hub
 * @param sha256 its SHA-256 in hexadecimal, or null to believe the hub
 */
public record HubFile(String path, long size, @Nullable String sha256) {

  /** Checks that the path stays inside the repository. */
  public HubFile {
    for (String part : path.split("/", -1)) {
      if (!HubCache.isPlain(part)
          && !(part.startsWith(".") && HubCache.isPlain(part.substring(1)))) {
        throw new IllegalArgumentException("\"" + path + "\" is no path in a repository");
      }
    }
    if (sha256 != null) {
      sha256 = sha256.toLowerCase(Locale.ROOT);
      if (!sha256.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException("\"" + sha256 + "\" is no SHA-256");
      }
    }
  }

  /**
   * Describes a file of which nothing else is known.
   *
   * @param path its path in the repository
   * @return a file whose size and digest the hub tells
   */
  public static HubFile of(String path) {
    return new HubFile(path, -1, null);
  }
}
