package io.github.gill.examples.web;

import io.github.gill.Limits;
import io.github.gill.vision.PictureReader;
import io.github.gill.vision.PngWriter;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The pictures of one conversation, as PNG in memory. Nothing of an uploaded file is kept but its
 * pixels: no name, no metadata, and no more of them than a screen shows. Thread-safe.
 */
final class PictureShelf {

  /** Bytes that the shelves of one server hold together, within a bound. */
  static final class Budget {
    private final long bound;
    private final AtomicLong used = new AtomicLong();

    Budget(long bound) {
      this.bound = bound;
    }

    long used() {
      return used.get();
    }
  }

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int LONGEST_SIDE = 1024;

  private final Budget budget;
  private final Limits limits;
  private final Map<String, byte[]> pictures = new LinkedHashMap<>();

  PictureShelf(Budget budget, Limits limits) {
    this.budget = budget;
    this.limits = limits;
  }

  /** Decodes an upload within the limits and keeps it. */
  String upload(byte[] encoded) {
    return keep(PictureReader.read(encoded, limits), Map.of());
  }

  /** Keeps a picture and returns its name here. */
  synchronized String keep(BufferedImage image, Map<String, String> notes) {
    byte[] png = PngWriter.encode(shrink(image), notes);
    if (budget.used.addAndGet(png.length) > budget.bound) {
      budget.used.addAndGet(-png.length);
      throw new ApiException(
          413,
          "too_large",
          "the server's memory for pictures is full; export this conversation and start a new one");
    }
    String name = newName();
    pictures.put(name, png);
    return name;
  }

  synchronized byte[] png(String name) {
    byte[] png = pictures.get(name);
    if (png == null) {
      throw ApiException.notFound("there is no picture \"" + name + "\" in this conversation");
    }
    return png;
  }

  /** Forgets all pictures but these. */
  synchronized void retain(Set<String> names) {
    pictures
        .entrySet()
        .removeIf(
            picture -> {
              boolean gone = !names.contains(picture.getKey());
              if (gone) {
                budget.used.addAndGet(-picture.getValue().length);
              }
              return gone;
            });
  }

  void clear() {
    retain(Set.of());
  }

  private static BufferedImage shrink(BufferedImage image) {
    int side = Math.max(image.getWidth(), image.getHeight());
    if (side <= LONGEST_SIDE) {
      return image;
    }
    double scale = (double) LONGEST_SIDE / side;
    return Resampling.resize(
        image,
        Math.max(1, (int) Math.round(image.getWidth() * scale)),
        Math.max(1, (int) Math.round(image.getHeight() * scale)));
  }

  /** A name that cannot be guessed. */
  static String newName() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
