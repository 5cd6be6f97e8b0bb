package io.github.gill.vision;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a JPEG's markers before its first scan say of colour and orientation.
 *
 * @param rgbIds whether the frame's components are called R, G and B
 * @param jfif whether there is a JFIF marker
 * @param adobeTransform Adobe's colour transform, −1 without its marker
 * @param exif the EXIF block as a TIFF file, null where there is none
 */
record JpegHeader(boolean rgbIds, boolean jfif, int adobeTransform, @Nullable ByteBuffer exif) {

  /** The meaning of the samples. */
  enum Colors {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  static JpegHeader parse(byte[] bytes) {
    boolean rgb = false;
    boolean jfif = false;
    int transform = -1;
    ByteBuffer exif = null;
    int at = 2;
    while (at + 4 <= bytes.length) {
      int marker = bytes[at + 1] & 255;
      if (bytes[at] != (byte) 0xFF || marker == 0xFF) {
        at++;
        continue;
      }
      if (marker == 0xDA) {
        break;
      }
      if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
        at += 2;
        continue;
      }
      int start = at + 4;
      int end =
          Math.min(bytes.length, at + 2 + (((bytes[at + 2] & 255) << 8) | (bytes[at + 3] & 255)));
      if (end < start) {
        break;
      }
      if (marker == 0xE0 && begins(bytes, start, end, "JFIF\0")) {
        jfif = true;
      } else if (marker == 0xE1 && exif == null && begins(bytes, start, end, "Exif\0\0")) {
        exif = ByteBuffer.wrap(bytes, start + 6, end - start - 6).slice();
      } else if (marker == 0xEE && end - start >= 12 && begins(bytes, start, end, "Adobe")) {
        transform = bytes[start + 11] & 255;
      } else if (isFrame(marker) && end - start >= 15 && bytes[start + 5] == 3) {
        rgb = bytes[start + 6] == 'R' && bytes[start + 9] == 'G' && bytes[start + 12] == 'B';
      }
      at = end;
    }
    return new JpegHeader(rgb, jfif, transform, exif);
  }

  /** Counts the passes over the picture. */
  static int scans(byte[] bytes) {
    int scans = 0;
    for (int i = 0; i + 1 < bytes.length; i++) {
      if (bytes[i] == (byte) 0xFF && bytes[i + 1] == (byte) 0xDA) {
        scans++;
      }
    }
    return scans;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private static boolean begins(byte[] bytes, int start, int end, String text) {
    byte[] expected = text.getBytes(StandardCharsets.ISO_8859_1);
    return end - start >= expected.length
        && Arrays.equals(bytes, start, start + expected.length, expected, 0, expected.length);
  }

  /** Applies libjpeg's rules. */
  Colors colors(int bands) {
    return switch (bands) {
      case 1 -> Colors.GREY;
      case 3 -> isRgb() ? Colors.RGB : Colors.YCC;
      case 4 -> adobeTransform > 0 ? Colors.YCCK : Colors.CMYK;
      default -> throw new IllegalArgumentException(bands + " colour components");
    };
  }

  private boolean isRgb() {
    if (jfif) {
      return false;
    }
    return adobeTransform < 0 ? rgbIds : adobeTransform == 0;
  }
}
