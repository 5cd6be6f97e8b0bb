package io.github.gill;

import io.github.gill.checkpoint.AtomicFile;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that ships as a jar on the class path and is extracted once into the user's cache.
 *
 * <p>The jar lists its files in {@code SHA256SUMS}; a file counts as extracted when its content has
 * that sum, so a broken extraction is mended by the next one. The cache is {@code ~/.cache/gill}
 * unless the system property {@code gill.cache} or the variable {@code GILL_CACHE} names another.
 */
final class BundledModel {

  private static final String ROOT = "/io/github/gill/models/";
  private static final String SUMS = "SHA256SUMS";

  private final String name;
  private final Path cache;

  BundledModel(String name, Path cache) {
    this.name = name;
    this.cache = cache;
  }

  /** The model that a {@link Gill} without a model folder uses. */
  static BundledModel byDefault() {
    return new BundledModel("gill-tiny", defaultCache());
  }

  private static Path defaultCache() {
    String setting = System.getProperty("gill.cache", System.getenv("GILL_CACHE"));
    return setting == null
        ? Path.of(System.getProperty("user.home"), ".cache", "gill")
        : Path.of(setting);
  }

  /**
   * Extracts what is not extracted yet.
   *
   * @return the model folder
   * @throws ModelFileException if the jar is not on the class path, is damaged, or the cache cannot
   *     be written
   */
  Path extract() {
    try {
      byte[] sums = read(SUMS);
      if (sums == null) {
        throw new ModelFileException(
            "no model is given and "
                + name
                + " is not on the class path; call model(folder) or add"
                + " io.github.gill:gill-models");
      }
      // Another version of the model gets another folder.
      Path folder = cache.resolve(name + "-" + sha256(sums).substring(0, 12));
      Path done = folder.resolve(".extracted");
      if (Files.exists(done) && isWhole(folder, Files.readAllLines(done))) {
        return folder;
      }
      List<String> files = new ArrayList<>();
      for (String line : new String(sums, StandardCharsets.UTF_8).lines().toList()) {
        String file = line.substring(66);
        extract(file, line.substring(0, 64), folder);
        files.add(Files.size(folder.resolve(file)) + " " + file);
      }
      AtomicFile.writeSoon(done, String.join("\n", files).getBytes(StandardCharsets.UTF_8));
      return folder;
    } catch (IOException e) {
      throw new ModelFileException(
          name
              + " could not be extracted to "
              + cache
              + " ("
              + e
              + "); check its space and permissions, or name another folder with -Dgill.cache",
          e);
    }
  }

  /**
   * Forcing each of some thousand files to the disk would take minutes; their sizes tell as much.
   */
  private static boolean isWhole(Path folder, List<String> files) {
    for (String line : files) { // at every start, so without a Path or a Matcher for each
      int space = line.indexOf(' ');
      File file = new File(folder + File.separator + line.substring(space + 1));
      if (space < 0 || !line.startsWith(file.length() + " ")) {
        return false;
      }
    }
    return true;
  }

  private void extract(String file, String sum, Path folder) throws IOException {
    Path target = folder.resolve(file).normalize();
    if (!target.startsWith(folder)) {
      throw new ModelFileException(name + " lists \"" + file + "\", which leaves its folder");
    }
    if (Files.exists(target) && sha256(Files.readAllBytes(target)).equals(sum)) {
      return;
    }
    byte[] content = read(file);
    if (content == null || !sha256(content).equals(sum)) {
      throw new ModelFileException(
          name + "'s jar is damaged: " + file + " is not what " + SUMS + " says; fetch it again");
    }
    Files.createDirectories(target.resolve("..").normalize());
    AtomicFile.writeSoon(target, content);
  }

  private byte @Nullable [] read(String file) throws IOException {
    try (InputStream in = BundledModel.class.getResourceAsStream(ROOT + name + "/" + file)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
