package io.github.gill.examples.cli.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where results go, checked before the work that makes them. Nothing stays behind. */
public final class OutputTarget {

  private OutputTarget() {}

  /**
   * Checks that a folder can be written to, or made.
   *
   * @param folder need not exist
   * @throws IllegalArgumentException if it cannot
   */
  public static void checkFolder(Path folder) {
    check(folder, folder.toAbsolutePath());
  }

  /**
   * Checks that a file can be written, in a folder that may have to be made.
   *
   * @param file need not exist
   * @throws IllegalArgumentException if it cannot
   */
  public static void checkFile(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + " is a folder; name a file");
    }
    check(file, file.toAbsolutePath().getParent());
  }

  /**
   * Removes a folder that work which failed has made and left empty.
   *
   * @param folder stays if it has anything in it, is a link or cannot be removed
   */
  public static void dropIfEmpty(Path folder) {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.delete(folder);
    } catch (IOException e) {
      // It has something in it, which is as good a reason to keep it as any other.
      return;
    }
  }

  private static void check(Path target, @Nullable Path folder) {
    Path existing = folder;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null) {
      throw new IllegalArgumentException(target + " has no folder that exists; name another place");
    }
    if (!Files.isDirectory(existing)) {
      throw new IllegalArgumentException(
          target.toAbsolutePath().equals(existing)
              ? target + " is a file; name a folder"
              : target + " cannot be made: " + existing + " is a file; name another place");
    }
    try {
      Files.delete(Files.createTempFile(existing, ".gill", null));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          target
              + " cannot be written in "
              + existing
              + "; check permissions or name another place",
          e);
    }
  }
}
