package io.github.gill.vision;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * How a camera held a picture, EXIF's tag 0x0112.
 *
 * <p>Only that one tag is looked for, in place and in bounds: a full EXIF reader follows every
 * offset and count of an untrusted file, maker notes included.
 *
 * @param code 1 (upright) to 8
 */
record Orientation(int code) {

  private static final Orientation UPRIGHT = new Orientation(1);
  private static final int TAG = 0x0112;
  private static final int SHORT = 3;

  /** Finds the orientation of a JPEG, PNG, WebP or TIFF file; upright where there is none. */
  static Orientation of(byte[] bytes) {
    ByteBuffer exif = exif(bytes);
    return exif == null ? UPRIGHT : read(exif);
  }

  private static @Nullable ByteBuffer exif(byte[] bytes) {
    ByteBuffer file = ByteBuffer.wrap(bytes);
    if (bytes.length < 16) {
      return null;
    }
    return switch (file.getInt(0)) {
      case 0x89504E47 -> chunk(file, 8, 0x65584966, 4, 12); // PNG, eXIf
      case 0x52494646 -> // RIFF, EXIF
          withoutPrefix(chunk(file.order(ByteOrder.LITTLE_ENDIAN), 12, 0x46495845, 0, 8));
      case 0x49492A00, 0x4D4D002A -> file; // TIFF
      default ->
          bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xD8
              ? JpegHeader.parse(bytes).exif()
              : null;
    };
  }

  /**
   * Finds a chunk in a list of chunks.
   *
   * @param at where the first one begins
   * @param name the name wanted
   * @param nameAt where in a chunk its name is; the length takes the other 4 of 8 bytes
   * @param overhead what a chunk has besides its content; RIFF pads to even sizes
   */
  private static @Nullable ByteBuffer chunk(
      ByteBuffer file, int at, int name, int nameAt, int overhead) {
    long position = at;
    while (position + 8 <= file.limit()) {
      int start = (int) position;
      long length = file.getInt(start + 4 - nameAt) & 0xFFFFFFFFL;
      if (file.getInt(start + nameAt) == name) {
        return file.slice(start + 8, (int) Math.min(length, file.limit() - start - 8));
      }
      position += overhead + length + (nameAt == 0 ? length & 1 : 0);
    }
    return null;
  }

  /** Some writers put JPEG's {@code Exif\0\0} into WebP. */
  private static @Nullable ByteBuffer withoutPrefix(@Nullable ByteBuffer exif) {
    if (exif == null || exif.limit() < 6) {
      return null;
    }
    return exif.getInt(0) == 0x45786966 ? exif.slice(6, exif.limit() - 6) : exif;
  }

  private static Orientation read(ByteBuffer tiff) {
    if (tiff.limit() < 8) {
      return UPRIGHT;
    }
    switch (tiff.order(ByteOrder.BIG_ENDIAN).getShort(0)) {
      case 0x4949 -> tiff.order(ByteOrder.LITTLE_ENDIAN);
      case 0x4D4D -> {}
      default -> {
        return UPRIGHT;
      }
    }
    long directory = tiff.getInt(4) & 0xFFFFFFFFL;
    if (directory + 2 > tiff.limit()) {
      return UPRIGHT;
    }
    int entries = tiff.getShort((int) directory) & 0xFFFF;
    for (long at = directory + 2; entries > 0 && at + 12 <= tiff.limit(); at += 12, entries--) {
      int entry = (int) at;
      if (tiff.getShort(entry) == TAG && tiff.getShort(entry + 2) == SHORT) {
        int code = tiff.getShort(entry + 8);
        return code >= 1 && code <= 8 ? new Orientation(code) : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /** Returns the picture upright; the same one where it is already. */
  BufferedImage apply(BufferedImage image) {
    if (code == 1) {
      return image;
    }
    int width = image.getWidth();
    int height = image.getHeight();
    boolean sideways = code >= 5;
    BufferedImage upright =
        new BufferedImage(
            sideways ? height : width, sideways ? width : height, BufferedImage.TYPE_INT_RGB);
    boolean fromRight = code == 2 || code == 3 || code == 7 || code == 8;
    boolean fromBottom = code == 3 || code == 4 || code == 6 || code == 7;
    WritableRaster target = upright.getRaster();
    int[] row = new int[upright.getWidth()];
    int[] source = new int[sideways ? height : width];
    for (int y = 0; y < upright.getHeight(); y++) {
      if (sideways) {
        int column = fromRight ? width - 1 - y : y;
        image.getRaster().getDataElements(column, 0, 1, height, source);
      } else {
        image.getRaster().getDataElements(0, fromBottom ? height - 1 - y : y, width, 1, source);
      }
      boolean backwards = sideways ? fromBottom : fromRight;
      for (int x = 0; x < row.length; x++) {
        row[x] = source[backwards ? row.length - 1 - x : x];
      }
      target.setDataElements(0, y, row.length, 1, row);
    }
    return upright;
  }
}
