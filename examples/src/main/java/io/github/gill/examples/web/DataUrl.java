package io.github.gill.examples.web;

import java.util.Base64;

/** Pictures inside JSON. */
final class DataUrl {

  private static final String MARK = ";base64,";

  private DataUrl() {}

  static byte[] decode(String url) {
    int at = url.indexOf(MARK);
    if (!url.startsWith("data:image/") || at < 0) {
      throw ApiException.badRequest(
          "a picture is no data URL; give data:image/…;base64,… (nothing is fetched from the web)");
    }
    return base64(url.substring(at + MARK.length()));
  }

  static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("a picture's base64 is damaged: " + e.getMessage());
    }
  }

  static String encode(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }
}
