package io.github.gill.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Objects;

/** Says why a file cannot be used: the system's own messages are often no more than its path. */
public final class FileErrors {

  private FileErrors() {}

  /**
   * Describes why a file cannot be read.
   *
   * @param file what was to be read
   * @param failure an {@link IOException}, or the {@link UncheckedIOException} around one
   * @param mend what to do where the file is not there or damaged, for example {@code check the
   *     path}
   * @return the file, what is wrong with it, and the mend
   */
  public static String unreadable(Path file, Exception failure, String mend) {
    Exception cause =
        failure instanceof UncheckedIOException unchecked
            ? Objects.requireNonNull(unchecked.getCause())
            : failure;
    // The classes of java.io say no more than that a file could not be opened.
    boolean old = cause instanceof FileNotFoundException;
    if (cause instanceof NoSuchFileException || (old && !Files.exists(file))) {
      return file + " does not exist; " + mend;
    }
    if (cause instanceof AccessDeniedException || (old && !Files.isReadable(file))) {
      return file + " may not be opened; check its permissions and those of its folder";
    }
    return file + " cannot be read: " + reason(cause) + "; " + mend;
  }

  /**
   * Describes a failure without the file's name.
   *
   * @param failure what the file system threw
   * @return the reason, for example {@code it is a folder, a file is needed}
   */
  public static String reason(Exception failure) {
    if (failure instanceof NoSuchFileException) {
      return "it does not exist";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission is denied";
    }
    if (failure instanceof NotDirectoryException) {
      return "it is a file, a folder is needed";
    }
    if (failure instanceof CharacterCodingException) {
      return "it is not text in UTF-8";
    }
    String reason =
        failure instanceof FileSystemException system ? system.getReason() : failure.getMessage();
    if (reason == null) {
      return "no reason is known (" + failure.getClass().getSimpleName() + ")";
    }
    return switch (reason) {
      case "Is a directory" -> "it is a folder, a file is needed";
      case "Not a directory" -> "a part of its path is a file, not a folder";
      default -> reason.strip();
    };
  }
}
