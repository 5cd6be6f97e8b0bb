package io.github.gill.examples.eval;

import io.github.gill.vision.PngWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * The files of drawn pictures.
 *
 * @param out the folder of everything that an evaluation writes
 */
record PictureFiles(Path out) {

  /**
   * Writes a picture.
   *
   * @return its file, relative to the folder
   */
  String write(BufferedImage picture, Result.Key key, int run) {
    Path file = of(key, run);
    try {
      Files.createDirectories(file.resolveSibling(""));
    } catch (IOException e) {
      throw new UncheckedIOException(out + " cannot be written; check space and permissions", e);
    }
    PngWriter.write(picture, Map.of(), file);
    return name(key, run);
  }

  /** Where a picture is, if it was drawn. */
  Path of(Result.Key key, int run) {
    return out.resolve(name(key, run));
  }

  private static String name(Result.Key key, int run) {
    return "pictures/%s/%s/%s/%s-%d.png"
        .formatted(key.task(), slug(key.context()), slug(key.system()), slug(key.item()), run);
  }

  /** A name that every file system takes. */
  static String slug(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }
}
