package io.github.gill.vision;

import io.github.gill.Limits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bounds the frames inside a WebP: its reader takes their own word for their size, whatever the
 * file's header says.
 *
 * <p>Frames are looked for everywhere, so that it does not matter how the reader finds them.
 */
final class WebpFrames {

  private static final int RIFF = 0x52494646;
  private static final int WEBP = 0x57454250;
  private static final int LOSSY = 0x56503820;
  private static final int LOSSLESS = 0x5650384C;

  private WebpFrames() {}

  /**
   * Checks every frame's size.
   *
   * @throws io.github.gill.LimitException if one has more pixels than allowed
   * @throws io.github.gill.PictureException if one has none
   */
  static void check(String name, byte[] bytes, Limits limits) {
    ByteBuffer names = ByteBuffer.wrap(bytes);
    if (bytes.length < 12 || names.getInt(0) != RIFF || names.getInt(8) != WEBP) {
      return;
    }
    ByteBuffer sizes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 12; at + 18 <= bytes.length; at++) {
      int kind = names.getInt(at);
      if (kind == LOSSY) {
        int width = sizes.getShort(at + 14) & 0x3FFF;
        PictureReader.checkPixels(name, width, sizes.getShort(at + 16) & 0x3FFF, limits);
      } else if (kind == LOSSLESS) {
        int both = sizes.getInt(at + 9);
        PictureReader.checkPixels(name, (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1, limits);
      }
    }
  }
}
