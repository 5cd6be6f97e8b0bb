package io.github.gill.examples.cli.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Files that the user wants read. */
public final class InputFile {

  private InputFile() {}

  /**
   * Reads a text.
   *
   * @param file the file, UTF-8
   * @return its content
   * @throws IllegalArgumentException if it is missing, no regular file or not UTF-8
   */
  public static String text(Path file) {
    try {
      checkRegular(file);
      return Files.readString(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Opens a text of any size.
   *
   * @param file the file, UTF-8
   * @return its content, which the caller closes
   * @throws IOException if it cannot be opened or, later, read; {@link #unreadable} explains it
   */
  public static BufferedReader open(Path file) throws IOException {
    checkRegular(file);
    return Files.newBufferedReader(file);
  }

  /** A pipe or a device may never end. */
  private static void checkRegular(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new FileSystemException(
          file.toString(),
          null,
          Files.isDirectory(file)
              ? "Is a directory"
              : "it is a pipe or a device, a file is needed");
    }
  }

  /**
   * Explains why a text cannot be read.
   *
   * @param file the file
   * @param cause what {@link #open} or reading threw
   * @return the exception to throw
   */
  public static IllegalArgumentException unreadable(Path file, IOException cause) {
    String text;
    if (cause instanceof NoSuchFileException) {
      text = "there is no file " + file + "; check the path";
    } else if (cause instanceof CharacterCodingException) {
      text = file + " is not UTF-8 text; save it as UTF-8";
    } else {
      text = ErrorText.of(cause);
    }
    return new IllegalArgumentException(text, cause);
  }

  /**
   * Refuses URLs, which nothing here fetches.
   *
   * @param picture what was given for a picture
   * @return the same
   * @throws IllegalArgumentException if it is a URL
   */
  public static Path local(Path picture) {
    String name = picture.toString();
    if (name.toLowerCase(Locale.ROOT).matches("(https?|ftp|file):/.*")) {
      throw new IllegalArgumentException(
          name.replaceFirst(":/+", "://")
              + " is a URL, and URLs are not fetched; save the picture and give its file");
    }
    return picture;
  }

  /**
   * Checks that a picture is there, before anything is loaded to look at it.
   *
   * @param picture what was given for a picture
   * @param folder what it is relative to
   * @return the file
   * @throws IllegalArgumentException if it is a URL, missing or no regular file
   */
  public static Path picture(Path picture, Path folder) {
    Path file = folder.resolve(local(picture));
    try {
      if (Files.notExists(file)) {
        throw new NoSuchFileException(file.toString());
      }
      checkRegular(file);
      return file;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }
}
