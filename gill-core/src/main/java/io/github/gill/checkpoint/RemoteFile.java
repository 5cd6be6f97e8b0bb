package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Locale;

/**
 * What the hub says of a file before it is fetched.
 *
 * @param address where its content is, or begins to be redirected from
 * @param commit the commit it belongs to
 * @param size its bytes
 * @param digest its digest
 */
record RemoteFile(URI address, String commit, long size, Digest digest) {

  /**
   * A digest of a whole file.
   *
   * @param hex 64 hexadecimal digits of SHA-256, or 40 of the SHA-1 that Git names content by
   */
  record Digest(String hex) {

    /** Says whether this is Git's. */
    boolean git() {
      return hex.length() == 40;
    }
  }

  /**
   * Reads the hub's headers and compares them with what was known.
   *
   * @param file what was known
   * @param address what was asked
   * @param headers what was answered
   * @param elsewhere whether the answer was a redirect to the content, so that its length is not
   *     the content's
   * @return what to fetch
   * @throws ModelFileException if size, commit or digest are missing or differ
   */
  static RemoteFile of(HubFile file, URI address, HttpHeaders headers, boolean elsewhere) {
    String commit = headers.firstValue("x-repo-commit").orElse("");
    if (!commit.matches("[0-9a-f]{40}")) {
      throw new ModelFileException(
          file.path() + ": " + address.getHost() + " names no commit; is it a hub?");
    }
    long size =
        headers
            .firstValueAsLong("x-linked-size")
            .orElseGet(
                () -> elsewhere ? -1 : headers.firstValueAsLong("content-length").orElse(-1));
    if (size < 0 || (file.size() >= 0 && size != file.size())) {
      throw new ModelFileException(
          "%s has %d bytes at %s, expected %d; the repository changed, or this is not it"
              .formatted(file.path(), size, address.getHost(), file.size()));
    }
    String tag =
        headers
            .firstValue("x-linked-etag")
            .or(() -> headers.firstValue("etag"))
            .orElse("")
            .replaceFirst("^W/", "")
            .replace("\"", "")
            .toLowerCase(Locale.ROOT);
    String known = file.sha256();
    if (known != null && tag.length() == 64 && !tag.equals(known)) {
      throw new ModelFileException(
          "%s has the SHA-256 %s at %s, expected %s; the repository changed, or this is not it"
              .formatted(file.path(), tag, address.getHost(), known));
    }
    String hex = known != null ? known : tag;
    if (!hex.matches("[0-9a-f]{40}|[0-9a-f]{64}")) {
      throw new ModelFileException(
          file.path() + ": " + address.getHost() + " tells no digest; give its SHA-256");
    }
    return new RemoteFile(address, commit, size, new Digest(hex));
  }
}
