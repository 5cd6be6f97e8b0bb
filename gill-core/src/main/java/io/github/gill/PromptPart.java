package io.github.gill;

import java.awt.image.BufferedImage;
import java.nio.file.Path;

/** One part of a prompt. */
public sealed interface PromptPart {

  /**
   * A piece of text.
   *
   * @param text the text as the language model reads it
   */
  record Text(String text) implements PromptPart {}

  /**
   * A picture that is already decoded.
   *
   * @param image a picture of any type; not changed afterwards
   */
  record Image(BufferedImage image) implements PromptPart {}

  /**
   * A picture in a file, read when the request runs.
   *
   * @param file PNG, JPEG, GIF, BMP, WebP or TIFF
   */
  record ImageFile(Path file) implements PromptPart {}

  /** An encoded picture in memory. */
  final class EncodedImage implements PromptPart {
    private final byte[] bytes;

    /**
     * Wraps an encoded picture.
     *
     * @param bytes PNG, JPEG, GIF, BMP, WebP or TIFF; copied
     */
    public EncodedImage(byte[] bytes) {
      this.bytes = bytes.clone();
    }

    /**
     * Returns the encoded picture.
     *
     * @return a copy of its bytes
     */
    public byte[] bytes() {
      return bytes.clone();
    }
  }
}
