package io.github.gill.vision;

import java.nio.ByteBuffer;

/** Hides a WebP's colour profile: the WebP reader would apply it, no other reader here does. */
final class WebpProfile {

  private static final int RIFF = 0x52494646;
  private static final int WEBP = 0x57454250;
  private static final int EXTENDED = 0x56503858;
  private static final int FLAGS_AT = 20;
  private static final int HAS_PROFILE = 0x20;

  private WebpProfile() {}

  /** Returns the file itself where there is nothing to hide. */
  static byte[] hide(byte[] file) {
    ByteBuffer header = ByteBuffer.wrap(file);
    if (file.length <= FLAGS_AT
        || header.getInt(0) != RIFF
        || header.getInt(8) != WEBP
        || header.getInt(12) != EXTENDED
        || (file[FLAGS_AT] & HAS_PROFILE) == 0) {
      return file;
    }
    byte[] plain = file.clone();
    plain[FLAGS_AT] &= (byte) ~HAS_PROFILE;
    return plain;
  }
}
