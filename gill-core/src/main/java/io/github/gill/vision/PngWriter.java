package io.github.gill.vision;

import io.github.gill.GillException;
import io.github.gill.checkpoint.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Writes pictures as PNG with text chunks that say how they were made.
 *
 * <p>Latin-1 text goes into {@code tEXt}, other text into {@code iTXt}; a NUL, which neither may
 * hold, becomes U+FFFD. Thread-safe.
 */
public final class PngWriter {

  private static final String FORMAT = "javax_imageio_png_1.0";

  private PngWriter() {}

  /**
   * Encodes a picture.
   *
   * @param image any picture
   * @param text keywords of 1 to 79 printable Latin-1 characters and their texts, written in the
   *     map's order
   * @return the content of a PNG file
   * @throws IllegalArgumentException if a keyword is not allowed
   */
  public static byte[] encode(BufferedImage image, Map<String, String> text) {
    text.keySet().forEach(PngWriter::checkKeyword);
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      IIOMetadata metadata =
          writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), null);
      if (!text.isEmpty()) {
        metadata.mergeTree(FORMAT, tree(text));
      }
      writer.setOutput(stream);
      writer.write(new IIOImage(image, null, metadata));
    } catch (IOException e) {
      throw new UncheckedIOException("a PNG could not be encoded in memory", e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /**
   * Writes a picture to a file that appears whole or not at all.
   *
   * @param image any picture
   * @param text as in {@link #encode}
   * @param file replaced if it exists; its folder must exist
   * @throws IllegalArgumentException if a keyword is not allowed
   * @throws GillException if the file cannot be written
   */
  public static void write(BufferedImage image, Map<String, String> text, Path file) {
    ByteBuffer bytes = ByteBuffer.wrap(encode(image, text));
    try {
      AtomicFile.write(
          file,
          channel -> {
            while (bytes.hasRemaining()) {
              channel.write(bytes);
            }
          });
    } catch (IOException e) {
      throw new GillException(
          file + " cannot be written; check that its folder exists and has space", e);
    }
  }

  private static void checkKeyword(String keyword) {
    boolean printable =
        keyword.chars().allMatch(c -> (c >= 32 && c <= 126) || (c >= 161 && c < 256));
    if (keyword.isEmpty()
        || keyword.length() > 79
        || !printable
        || !keyword.equals(keyword.strip())) {
      throw new IllegalArgumentException(
          "the keyword \"" + keyword + "\" is not 1 to 79 printable Latin-1 characters");
    }
  }

  private static IIOMetadataNode tree(Map<String, String> text) {
    IIOMetadataNode latin = new IIOMetadataNode("tEXt");
    IIOMetadataNode international = new IIOMetadataNode("iTXt");
    text.forEach(
        (keyword, value) -> {
          String clean = value.replace('\0', '\ufffd');
          if (StandardCharsets.ISO_8859_1.newEncoder().canEncode(clean)) {
            IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
            entry.setAttribute("keyword", keyword);
            entry.setAttribute("value", clean);
            latin.appendChild(entry);
          } else {
            IIOMetadataNode entry = new IIOMetadataNode("iTXtEntry");
            entry.setAttribute("keyword", keyword);
            entry.setAttribute("compressionFlag", "FALSE");
            entry.setAttribute("compressionMethod", "0");
            entry.setAttribute("languageTag", "");
            entry.setAttribute("translatedKeyword", "");
            entry.setAttribute("text", clean);
            international.appendChild(entry);
          }
        });
    IIOMetadataNode root = new IIOMetadataNode(FORMAT);
    if (latin.hasChildNodes()) {
      root.appendChild(latin);
    }
    if (international.hasChildNodes()) {
      root.appendChild(international);
    }
    return root;
  }
}
