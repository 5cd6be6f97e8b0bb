package io.github.gill.runtime;

import ai.djl.util.Utils;
import io.github.gill.EngineFailureException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A libtorch that the user names with {@code PYTORCH_LIBRARY_PATH} instead of that of the class
 * path.
 *
 * <p>DJL's native code is built for one version of libtorch and knows how its objects lie in
 * memory. With a later one it starts and then ends the process, so versions are compared first.
 */
final class ForeignLibtorch {

  private static final Logger LOG = LoggerFactory.getLogger(ForeignLibtorch.class);

  /** The version that DJL's native code is built for, without the last number. */
  private static final String BUILT_FOR = "2.7";

  private static final Pattern VERSION = Pattern.compile("(\\d+\\.\\d+)\\.\\d+[^\\s'\"]*");

  private ForeignLibtorch() {}

  /**
   * Looks at the library that the environment names, if any.
   *
   * @throws EngineFailureException if it is known to be of another version than the native code and
   *     brings none of its own
   */
  static void check() {
    String named = Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH");
    if (named != null && !named.isBlank()) {
      check(Path.of(named));
    }
  }

  static void check(Path library) {
    if (Files.exists(library.resolve(System.mapLibraryName("djl_torch")))) {
      return; // native code of its own
    }
    version(library)
        .filter(version -> !version.startsWith(BUILT_FOR + "."))
        .ifPresent(
            version -> {
              throw new EngineFailureException(
                  "PYTORCH_LIBRARY_PATH is %s with libtorch %s, in which DJL's native code, built for %s, ends the process; name a libtorch %s, put a %s built against this one into the folder, or unset the variable"
                      .formatted(
                          library,
                          version,
                          BUILT_FOR,
                          BUILT_FOR,
                          System.mapLibraryName("djl_torch")));
            });
  }

  /** The version beside the folder {@code lib}, of a libtorch archive or of a Python package. */
  private static Optional<String> version(Path library) {
    return Stream.of("build-version", "version.py")
        .map(library::resolveSibling)
        .filter(Files::isRegularFile)
        .flatMap(file -> firstVersion(file).stream())
        .findFirst();
  }

  private static Optional<String> firstVersion(Path file) {
    try {
      return VERSION
          .matcher(Files.readString(file, StandardCharsets.UTF_8))
          .results()
          .map(MatchResult::group)
          .findFirst();
    } catch (IOException e) {
      LOG.debug("{} does not say which libtorch lies beside it", file, e);
      return Optional.empty();
    }
  }
}
