package io.github.gill.examples.cli.files;

import io.github.gill.checkpoint.FileErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/** Says what went wrong. The file system's own messages are often no more than a path. */
public final class ErrorText {

  private ErrorText() {}

  /**
   * Describes a failure for people.
   *
   * @param failure what was thrown
   * @return what was wrong and, where it is known, the mend
   */
  public static String of(Throwable failure) {
    if (failure instanceof FileSystemException e && e.getFile() != null) {
      return describe(e);
    }
    if (failure instanceof UncheckedIOException e) {
      IOException cause = Objects.requireNonNull(e.getCause());
      if (cause.toString().equals(e.getMessage())) {
        return of(cause);
      }
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message.strip();
  }

  private static String describe(FileSystemException e) {
    Path file = target(e);
    Path folder = file.toAbsolutePath().getParent();
    if (e instanceof NoSuchFileException) {
      return folder == null || Files.isDirectory(folder)
          ? file + " does not exist and cannot be made there; name another place"
          : "the folder " + folder + " does not exist; make it or name another";
    }
    if (e instanceof AccessDeniedException) {
      return file + " may not be opened; check its permissions and those of its folder";
    }
    if (e instanceof FileAlreadyExistsException) {
      return file + " is a file where a folder is needed; name another";
    }
    return "%s cannot be used: %s; check the path and the space on its disk"
        .formatted(file, FileErrors.reason(e));
  }

  /** What the user named: files appear by a rename from {@code .name.<random>.part}. */
  private static Path target(FileSystemException e) {
    Path file = Path.of(e.getOtherFile() == null ? e.getFile() : e.getOtherFile());
    Path name = Objects.requireNonNullElse(file.getFileName(), file);
    return file.resolveSibling(
        name.toString()
            .replaceFirst("^\\.(.+)\\.[0-9a-f]{8}(-[0-9a-f]{4}){4}[0-9a-f]{8}\\.part$", "$1"));
  }
}
