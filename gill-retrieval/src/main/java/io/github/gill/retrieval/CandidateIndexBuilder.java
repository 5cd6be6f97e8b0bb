package io.github.gill.retrieval;

import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.PictureException;
import io.github.gill.RetrievalException;
import io.github.gill.vision.PictureReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds an index from a folder of pictures.
 *
 * <p>Pictures are taken in the order of their paths and saved in batches. After a crash, or when a
 * callback has thrown, calling {@link #build} again on the same pictures goes on with the first
 * batch that was not saved; if pictures came or went in between, it begins anew. The index appears
 * whole at the end. Not thread-safe.
 */
public final class CandidateIndexBuilder {

  private static final Logger LOG = LoggerFactory.getLogger(CandidateIndexBuilder.class);

  private static final Set<String> ENDINGS =
      Set.of("png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff");

  /** Computes a picture's key. */
  @FunctionalInterface
  public interface KeyFunction {

    /**
     * Computes a key, by CLIP and {@link RetrievalHeads#key}.
     *
     * @param picture the picture in RGB
     * @return its key, R numbers
     */
    float[] key(BufferedImage picture);
  }

  /** Hears how far the work is; may throw to end it. */
  @FunctionalInterface
  public interface ProgressListener {

    /**
     * Tells that a picture is done.
     *
     * @param done how many pictures are, those of earlier runs and unreadable ones included
     * @param total how many there are
     */
    void done(long done, long total);
  }

  /**
   * What came of it.
   *
   * @param candidates how many candidates the index has
   * @param unreadable pictures that could not be read in this run, each with the reason
   */
  public record Report(int candidates, List<String> unreadable) {

    /** Copies the list. */
    public Report {
      unreadable = List.copyOf(unreadable);
    }
  }

  private final Path folder;
  private final RetrievalHeads heads;
  private final Limits limits;
  private int batch = 1024;
  private KeyStorage storage = KeyStorage.FP16;
  private ProgressListener progress = (done, total) -> {};

  /**
   * Makes a builder that saves every 1024 pictures and tells nobody.
   *
   * @param folder the model folder, which gets {@code retrieval/index.safetensors}
   * @param heads the model's retrieval heads
   * @param limits how large a picture may be; larger ones are left out
   */
  public CandidateIndexBuilder(Path folder, RetrievalHeads heads, Limits limits) {
    this.folder = folder.toAbsolutePath().normalize();
    this.heads = heads;
    this.limits = limits;
  }

  /**
   * Sets after how many pictures work is saved.
   *
   * @param pictures at least 1
   * @return this builder
   */
  public CandidateIndexBuilder batch(int pictures) {
    if (pictures < 1) {
      throw new IllegalArgumentException("batch is " + pictures + ", must be at least 1");
    }
    batch = Math.min(pictures, KeyStore.batchRows(heads.size()));
    return this;
  }

  /**
   * Sets how the index keeps the keys that searches read.
   *
   * @param storage a half or a quarter of fp32's memory; {@link KeyStorage#FP16} by default
   * @return this builder
   */
  public CandidateIndexBuilder storage(KeyStorage storage) {
    this.storage = storage;
    return this;
  }

  /**
   * Sets who hears of progress.
   *
   * @param listener called after every picture, from the thread that builds
   * @return this builder
   */
  public CandidateIndexBuilder onProgress(ProgressListener listener) {
    progress = listener;
    return this;
  }

  /**
   * Builds the index, replacing the one before.
   *
   * @param pictures a folder, searched with all folders in it for files that end like pictures;
   *     paths are stored relative to the model folder if it contains them, else absolute
   * @param keys computes keys
   * @return what came of it
   * @throws RetrievalException if there is no readable picture or something cannot be written
   */
  public Report build(Path pictures, KeyFunction keys) {
    List<Path> files = list(pictures);
    List<String> unreadable = new ArrayList<>();
    try (CandidateIndexWriter writer =
        CandidateIndexWriter.resume(folder, heads, storage, digest(files), batch)) {
      for (int i = Math.toIntExact(writer.position()); i < files.size(); i++) {
        add(files.get(i), i + 1L, keys, writer, unreadable);
        progress.done(i + 1L, files.size());
      }
      if (unreadable.size() == files.size()) {
        throw new RetrievalException(
            "none of the %d pictures in %s can be read, the first: %s"
                .formatted(files.size(), pictures, unreadable.get(0)));
      }
      return new Report(writer.finish(), unreadable);
    }
  }

  /**
   * Checks that a folder has pictures, which is cheap beside what {@link #build} needs.
   *
   * @param pictures as for {@link #build}
   * @throws RetrievalException if no file in it ends like a picture or it cannot be listed
   */
  public static void checkPictures(Path pictures) {
    list(pictures);
  }

  private void add(
      Path file,
      long position,
      KeyFunction keys,
      CandidateIndexWriter writer,
      List<String> unreadable) {
    BufferedImage picture;
    try {
      picture = PictureReader.read(file, limits);
    } catch (PictureException | LimitException e) {
      LOG.debug("{} is left out: {}", file, e.getMessage());
      unreadable.add(e.getMessage());
      return;
    }
    writer.add(stored(file), keys.key(picture), position);
  }

  private String stored(Path file) {
    Path path = file.startsWith(folder) ? folder.relativize(file) : file;
    // The index may move to a system with other separators.
    return path.toString().replace(path.getFileSystem().getSeparator(), "/");
  }

  private static List<Path> list(Path pictures) {
    List<Path> found;
    try (Stream<Path> files = Files.walk(pictures, FileVisitOption.FOLLOW_LINKS)) {
      found =
          files
              .filter(file -> isPicture(file) && !file.equals(pictures))
              .map(file -> file.toAbsolutePath().normalize())
              .sorted()
              .toList();
    } catch (IOException | UncheckedIOException e) {
      String what =
          Files.notExists(pictures)
              ? " does not exist; give a folder of pictures"
              : " cannot be listed; check the permissions of the folder of pictures";
      throw new RetrievalException(pictures + what, e);
    }
    if (found.isEmpty()) {
      throw new RetrievalException(
          "there is no picture in %s; give a folder with files that end in %s"
              .formatted(pictures, String.join(", ", new TreeSet<>(ENDINGS))));
    }
    return found;
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1)) && Files.isRegularFile(file);
  }

  private static String digest(List<Path> files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        digest.update((file + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
