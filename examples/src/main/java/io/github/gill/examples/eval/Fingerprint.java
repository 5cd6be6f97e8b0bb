package io.github.gill.examples.eval;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A short name for the content of files, by which results of an older model or of other data are
 * told apart. Of each file it takes name, size, beginning and end, so that gigabytes cost nothing;
 * training changes the end of every weights file.
 */
final class Fingerprint {

  private static final int SAMPLE = 1 << 16;

  private final MessageDigest digest;

  private Fingerprint(MessageDigest digest) {
    this.digest = digest;
  }

  /** Names files and all files in folders; what is not there counts as not there. */
  static String of(Collection<Path> files) throws IOException {
    try {
      Fingerprint print = new Fingerprint(MessageDigest.getInstance("SHA-256"));
      for (Path file : files) {
        print.addAll(file);
      }
      return HexFormat.of().formatHex(print.digest.digest()).substring(0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private void addAll(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      digest.update(root.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
      add(file);
    }
  }

  private void add(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      long size = file.length();
      digest.update(Long.toString(size).getBytes(StandardCharsets.UTF_8));
      byte[] sample = new byte[(int) Math.min(SAMPLE, size)];
      file.readFully(sample);
      digest.update(sample);
      file.seek(size - sample.length);
      file.readFully(sample);
      digest.update(sample);
    }
  }
}
