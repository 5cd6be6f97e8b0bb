package io.github.gill.vision;

import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.PictureException;
import io.github.gill.checkpoint.FileErrors;
import java.awt.image.BufferedImage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.plugins.tiff.BaselineTIFFTagSet;
import javax.imageio.plugins.tiff.TIFFDirectory;
import javax.imageio.plugins.tiff.TIFFField;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads pictures from files and uploads: PNG, JPEG (grey, YCbCr, RGB, CMYK, YCCK), GIF, BMP, WebP,
 * TIFF and whatever else an ImageIO plug-in on the class path reads.
 *
 * <p>The result is upright (EXIF orientation applied; the original ignores it) and of type {@code
 * TYPE_INT_RGB}, converted as Pillow's {@code Image.convert("RGB")} does: alpha dropped, palettes
 * looked up, grey repeated, CMYK without profiles, the first frame of an animation. One departure:
 * 16-bit grey keeps its upper 8 bits, as 16-bit colour does in both, where Pillow clips it to white
 * at 255. Lossy WebP differs a little, because its reader repeats chroma samples where libwebp
 * interpolates them.
 *
 * <p>Size and dimensions are checked from the header before anything is decoded; nothing is written
 * to disk. Thread-safe.
 */
public final class PictureReader {

  static {
    findPlugins();
  }

  private static final String TIFF = "javax_imageio_tiff_image_1.0";

  private PictureReader() {}

  /** ImageIO looks once, with the loader of whichever thread came first; a pool's may see none. */
  private static void findPlugins() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(PictureReader.class.getClassLoader());
    try {
      ImageIO.scanForPlugins();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /**
   * Reads a file.
   *
   * @param file the picture
   * @param limits how many bytes and pixels it may have
   * @return the picture, upright, {@code TYPE_INT_RGB}
   * @throws LimitException if it is over a limit or does not fit the heap
   * @throws PictureException if it cannot be read, is truncated or damaged
   */
  public static BufferedImage read(Path file, Limits limits) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new PictureException(
          file + " is a folder, a pipe or a device; name the file of a picture");
    }
    try {
      checkBytes(file.toString(), Files.size(file), limits);
      return decode(file.toString(), Files.readAllBytes(file), limits);
    } catch (IOException e) {
      throw new PictureException(FileErrors.unreadable(file, e, "check the path"), e);
    }
  }

  /**
   * Reads an encoded picture.
   *
   * @param bytes the content of a picture file; not changed
   * @param limits how many bytes and pixels it may have
   * @return the picture, upright, {@code TYPE_INT_RGB}
   * @throws LimitException if it is over a limit or does not fit the heap
   * @throws PictureException if it is in no known format, truncated or damaged
   */
  public static BufferedImage read(byte[] bytes, Limits limits) {
    return decode("the picture", bytes, limits);
  }

  /**
   * Converts a decoded picture.
   *
   * @param image any picture; not changed
   * @param limits how many pixels it may have
   * @return the picture as {@code TYPE_INT_RGB}, the same one if it is of that type
   * @throws LimitException if it is over the limit
   */
  public static BufferedImage toRgb(BufferedImage image, Limits limits) {
    checkPixels("the picture", image.getWidth(), image.getHeight(), limits);
    return RgbConversion.toRgb(image);
  }

  private static BufferedImage decode(String name, byte[] bytes, Limits limits) {
    checkBytes(name, bytes.length, limits);
    WebpFrames.check(name, bytes, limits);
    try (ImageInputStream stream = new PictureStream(name, WebpProfile.hide(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new PictureException(
            name + " is in no format known here; use PNG, JPEG, WebP, GIF, BMP or TIFF");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, !isGif(reader));
        checkPixels(name, reader, limits);
        checkSamples(name, reader);
        return upright(bytes, pixels(name, bytes, reader, limits));
      } finally {
        reader.dispose();
      }
    } catch (LimitException | PictureException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The decoders answer damage with whatever their arithmetic runs into.
      throw new PictureException(
          name + " is damaged: " + reason(e) + "; get the whole file or save it again as PNG", e);
    } catch (OutOfMemoryError e) {
      throw new LimitException(
          name
              + " does not fit the heap of "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MiB while it is decoded; raise -Xmx or lower the limit imagePixels",
          e);
    }
  }

  private static String reason(Exception failure) {
    if (failure instanceof EOFException) {
      return "it ends too early";
    }
    String message = failure.getMessage();
    return message == null ? "its data make no sense" : message;
  }

  private static BufferedImage pixels(String name, byte[] bytes, ImageReader reader, Limits limits)
      throws IOException {
    if (isFormat(reader, "jpeg") && reader.canReadRaster()) {
      return JpegSamples.read(name, bytes, reader);
    }
    BufferedImage image = reader.read(0);
    if (isGif(reader)) {
      return GifCanvas.place(name, bytes, reader.getImageMetadata(0), image, limits);
    }
    return RgbConversion.toRgb(image);
  }

  private static BufferedImage upright(byte[] bytes, BufferedImage image) {
    return Orientation.of(bytes).apply(image);
  }

  private static boolean isGif(ImageReader reader) throws IOException {
    return isFormat(reader, "gif");
  }

  private static boolean isFormat(ImageReader reader, String format) throws IOException {
    return reader.getFormatName().toLowerCase(Locale.ROOT).equals(format);
  }

  private static void checkBytes(String name, long bytes, Limits limits) {
    if (bytes > limits.imageBytes()) {
      throw new LimitException(
          name
              + " has "
              + bytes
              + " bytes, allowed are "
              + limits.imageBytes()
              + "; use a smaller file or raise the limit imageBytes");
    }
  }

  private static void checkPixels(String name, ImageReader reader, Limits limits)
      throws IOException {
    checkPixels(name, reader.getWidth(0), reader.getHeight(0), limits);
    // A small TIFF may still ask for huge tiles.
    checkPixels(name, reader.getTileWidth(0), reader.getTileHeight(0), limits);
  }

  /** The TIFF decoder makes a table of every value that samples of such sizes can have. */
  private static void checkSamples(String name, ImageReader reader) throws IOException {
    ImageReaderSpi kind = reader.getOriginatingProvider();
    if (kind == null || !TIFF.equals(kind.getNativeImageMetadataFormatName())) {
      return;
    }
    TIFFField sizes =
        TIFFDirectory.createFromMetadata(reader.getImageMetadata(0))
            .getTIFFField(BaselineTIFFTagSet.TAG_BITS_PER_SAMPLE);
    for (int i = 0; sizes != null && i < sizes.getCount(); i++) {
      int bits = sizes.getAsInt(i);
      if (bits > 16 && bits < 32) {
        throw new PictureException(
            name + " has samples of " + bits + " bits; save it with 8 or 16 bits");
      }
    }
  }

  static void checkPixels(String name, int width, int height, Limits limits) {
    if (width < 1 || height < 1) {
      throw new PictureException(
          name + " is " + width + "×" + height + " pixels; use a picture with at least one");
    }
    if ((long) width * height > limits.imagePixels()) {
      throw new LimitException(
          name
              + " is "
              + width
              + "×"
              + height
              + " = "
              + (long) width * height
              + " pixels, allowed are "
              + limits.imagePixels()
              + "; scale it down or raise the limit imagePixels");
    }
  }
}
