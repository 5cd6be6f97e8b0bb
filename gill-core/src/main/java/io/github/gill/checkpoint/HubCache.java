package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder in which the Hugging Face libraries keep what they downloaded.
 *
 * <p>Each repository is a folder {@code models--owner--name} with {@code refs/main} (a commit),
 * {@code snapshots/COMMIT} (the files under their names, usually links) and {@code blobs} (their
 * content). Thread-safe; nothing is remembered between calls.
 */
public final class HubCache {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  private final Path root;

  /**
   * Looks at a cache.
   *
   * @param root the folder that holds {@code models--…} folders; it need not exist
   */
  public HubCache(Path root) {
    this.root = root;
  }

  /**
   * Finds this user's cache.
   *
   * @return the cache that {@code HF_HUB_CACHE} or else {@code HF_HOME} name, else the usual one in
   *     {@code XDG_CACHE_HOME} or the home folder
   */
  public static HubCache fromEnvironment() {
    return fromEnvironment(System.getenv(), Path.of(System.getProperty("user.home", ".")));
  }

  static HubCache fromEnvironment(Map<String, String> environment, Path home) {
    String cache = environment.getOrDefault("HF_HUB_CACHE", "");
    if (!cache.isBlank()) {
      return new HubCache(Path.of(cache));
    }
    String huggingFace = environment.getOrDefault("HF_HOME", "");
    if (!huggingFace.isBlank()) {
      return new HubCache(Path.of(huggingFace, "hub"));
    }
    String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path folder = shared.isBlank() ? home.resolve(".cache") : Path.of(shared);
    return new HubCache(folder.resolve("huggingface").resolve("hub"));
  }

  /**
   * Returns where the cache is.
   *
   * @return the folder, which need not exist
   */
  public Path root() {
    return root;
  }

  /**
   * Finds a repository's files.
   *
   * @param repository for example {@code facebook/opt-6.7b}
   * @return the snapshot that {@code main} points to, else the newest, if there is any
   * @throws ModelFileException if the cache cannot be read
   * @throws IllegalArgumentException if this is no repository's name
   */
  public Optional<Path> find(String repository) {
    Path folder = folder(repository);
    Path snapshots = folder.resolve("snapshots");
    if (!Files.isDirectory(snapshots)) {
      return Optional.empty();
    }
    try {
      Path main = folder.resolve("refs").resolve("main");
      if (Files.isRegularFile(main)) {
        String commit = Files.readString(main).strip();
        Path snapshot = snapshots.resolve(isPlain(commit) ? commit : "none");
        if (Files.isDirectory(snapshot)) {
          return Optional.of(snapshot);
        }
      }
      try (Stream<Path> all = Files.list(snapshots)) {
        return all.filter(Files::isDirectory)
            .max(Comparator.comparing(path -> path.toFile().lastModified()));
      }
    } catch (IOException e) {
      throw new ModelFileException(FileErrors.unreadable(folder, e, "check the cache"), e);
    }
  }

  /** Returns a repository's folder, whether it exists or not. */
  Path folder(String repository) {
    String[] parts = repository.split("/", -1);
    if (parts.length > 2 || !Stream.of(parts).allMatch(HubCache::isPlain)) {
      throw new IllegalArgumentException(
          "\"" + repository + "\" is no repository on the hub; expected owner/name");
    }
    return root.resolve("models--" + String.join("--", parts));
  }

  /** Says whether a text can be a folder's name and nothing else. */
  static boolean isPlain(String name) {
    return NAME.matcher(name).matches();
  }
}
