package io.github.gill.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder in which the Hugging Face libraries keep what they downloaded. */
public final class HubCache {

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
   * @return the cache that {@code HF_HUB_CACHE} or {@code HF_HOME} name, else the usual one in the
   *     home folder
   */
  public static HubCache fromEnvironment() {
    Map<String, String> environment = System.getenv();
    if (environment.containsKey("HF_HUB_CACHE")) {
      return new HubCache(Path.of(environment.get("HF_HUB_CACHE")));
    }
    if (environment.containsKey("HF_HOME")) {
      return new HubCache(Path.of(environment.get("HF_HOME"), "hub"));
    }
    return new HubCache(Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub"));
  }

  /**
   * Finds a repository's files.
   *
   * @param repository for example {@code facebook/opt-6.7b}
   * @return the snapshot that {@code main} points to, else the newest, if there is any
   */
  public Optional<Path> find(String repository) {
    Path folder = root.resolve("models--" + repository.replace("/", "--"));
    Path snapshots = folder.resolve("snapshots");
    if (!Files.isDirectory(snapshots)) {
      return Optional.empty();
    }
    try {
      Path main = folder.resolve("refs").resolve("main");
      if (Files.isRegularFile(main)) {
        Path snapshot = snapshots.resolve(Files.readString(main).strip()).normalize();
        if (snapshot.startsWith(snapshots) && Files.isDirectory(snapshot)) {
          return Optional.of(snapshot);
        }
      }
      try (Stream<Path> all = Files.list(snapshots)) {
        return all.filter(Files::isDirectory)
            .max(Comparator.comparing(path -> path.toFile().lastModified()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
