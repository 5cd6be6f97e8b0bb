package io.github.gill.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Writes files that are either there whole or not at all.
 *
 * <p>The content goes into a file beside the target, is forced to the disk, and gets its name by a
 * rename. A crash or a full disk leaves the old file, if any, as it was.
 */
public final class AtomicFile {

  private AtomicFile() {}

  /** Fills a file. */
  @FunctionalInterface
  public interface Content {

    /**
     * Writes everything.
     *
     * @param channel the empty file, open for reading and writing; not to be closed
     * @throws IOException if something cannot be written; the target is then left alone
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes or replaces a file.
   *
   * @param target the file; its folder exists
   * @param content writes it, once
   * @throws IOException if it cannot be written, for example because the disk is full
   */
  public static void write(Path target, Content content) throws IOException {
    publish(part(target, content), target);
  }

  /**
   * Writes or replaces a file without waiting for the disk: whole or not at all when the process is
   * killed, but perhaps cut off when the machine loses its power soon after.
   *
   * @param target the file; its folder exists
   * @param content its bytes
   * @throws IOException if it cannot be written
   */
  public static void writeSoon(Path target, byte[] content) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    Path part =
        part(
            target,
            channel -> {
              while (bytes.hasRemaining()) {
                channel.write(bytes);
              }
            },
            /* force= */ false);
    move(part, target);
  }

  /**
   * Copies a file. The copy appears whole or not at all.
   *
   * @param source the file
   * @param target where to; its folder exists
   * @throws IOException if the one cannot be read or the other not written
   */
  public static void copy(Path source, Path target) throws IOException {
    write(
        target,
        to -> {
          try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ)) {
            long size = from.size();
            for (long done = 0; done < size; ) {
              long copied = from.transferTo(done, size - done, to);
              if (copied == 0) {
                throw new IOException(source + " became shorter while it was copied");
              }
              done += copied;
            }
          }
        });
  }

  /**
   * Deletes what killed processes left of a file and of its shards. To be called where no other
   * writes them.
   *
   * @param target the file
   * @throws IOException if its folder cannot be listed or something in it not deleted
   */
  public static void dropHalves(Path target) throws IOException {
    Path folder = Objects.requireNonNull(target.toAbsolutePath().getParent());
    String stem = target.getFileName().toString().split("\\.", 2)[0];
    try (DirectoryStream<Path> halves =
        Files.newDirectoryStream(
            folder,
            half ->
                half.getFileName()
                    .toString()
                    .matches("\\." + Pattern.quote(stem) + "(-\\d+-of-\\d+)?\\..*\\.part"))) {
      for (Path half : halves) {
        Files.deleteIfExists(half);
      }
    }
  }

  /** Writes a file under a temporary name beside its target. */
  static Path part(Path target, Content content) throws IOException {
    return part(target, content, /* force= */ true);
  }

  private static Path part(Path target, Content content, boolean force) throws IOException {
    Path part =
        target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
    boolean done = false;
    try (FileChannel channel =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      content.writeTo(channel);
      if (force) {
        channel.force(true);
      }
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(part);
      }
    }
    return part;
  }

  /** Gives a finished file its name; a failure removes it. */
  static void publish(Path part, Path target) throws IOException {
    move(part, target);
    forceFolder(target);
  }

  private static void move(Path part, Path target) throws IOException {
    try {
      try {
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void forceFolder(Path target) {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows opens no folders; there the rename itself is all one can have.
      return;
    }
  }
}
