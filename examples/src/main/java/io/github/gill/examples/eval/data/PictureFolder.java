package io.github.gill.examples.eval.data;

import io.github.gill.Limits;
import io.github.gill.PictureException;
import io.github.gill.vision.PictureReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A data set's pictures, found by the names that its annotations use: a file's name, the name
 * without its ending, or the number that it ends in ({@code VisualDialog_val2018_000000185565.jpg}
 * is 185565). What is missing or cannot be read is noted. Called by one thread at a time.
 */
public final class PictureFolder {

  private static final Pattern NUMBERED = Pattern.compile(".*?_0*(\\d+)");

  private final Map<String, Path> files;
  private final SortedSet<String> missing = new TreeSet<>();

  private PictureFolder(Map<String, Path> files) {
    this.files = files;
  }

  /**
   * A folder without pictures.
   *
   * @return a folder in which every picture is missing
   */
  public static PictureFolder empty() {
    return new PictureFolder(Map.of());
  }

  /**
   * Lists a folder, with those in it.
   *
   * @param folder the pictures
   * @return their names
   * @throws IllegalArgumentException if it cannot be listed
   */
  public static PictureFolder of(Path folder) {
    Map<String, Path> files = new HashMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(Files::isRegularFile).sorted().forEach(file -> add(folder, file, files));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          folder + " cannot be listed (" + e + "); give the folder of the pictures", e);
    }
    return new PictureFolder(files);
  }

  /**
   * Shares the list of files, but counts what is missing apart.
   *
   * @return the same pictures for another data set
   */
  public PictureFolder withOwnCount() {
    return new PictureFolder(files);
  }

  private static void add(Path folder, Path file, Map<String, Path> files) {
    String name = folder.relativize(file).toString().replace('\\', '/');
    String stem = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
    files.put(name, file);
    files.putIfAbsent(stem, file);
    Matcher numbered = NUMBERED.matcher(stem);
    if (numbered.matches()) {
      files.putIfAbsent(numbered.group(1), file);
    }
  }

  /**
   * Finds a picture that can be read, and notes it as missing otherwise.
   *
   * @param name as the annotations name it
   * @return its file, if there is one
   */
  public Optional<Path> find(String name) {
    Path file = files.get(name);
    if (file == null) {
      missing.add(name);
    }
    return Optional.ofNullable(file);
  }

  /**
   * Returns the names that were asked for in vain.
   *
   * @return the names, each once
   */
  public SortedSet<String> missing() {
    return new TreeSet<>(missing);
  }

  /**
   * Reads a picture.
   *
   * @param file as {@link #find} returned it
   * @return the picture, upright, {@code TYPE_INT_RGB}
   * @throws PictureException if it is damaged
   */
  public static BufferedImage read(Path file) {
    return PictureReader.read(file, Limits.DEFAULTS);
  }
}
