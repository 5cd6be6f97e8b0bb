package io.github.gill.vision;

import io.github.gill.Limits;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.Arrays;
import javax.imageio.metadata.IIOMetadata;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * The first frame of a GIF on its canvas: ImageIO gives the frame alone, which may be smaller.
 *
 * <p>Around the frame lies the colour of the transparent index, or of index 0 without one, as in
 * Pillow.
 */
final class GifCanvas {

  private GifCanvas() {}

  static BufferedImage place(
      String name, byte[] bytes, IIOMetadata metadata, BufferedImage frame, Limits limits) {
    BufferedImage rgb = RgbConversion.toRgb(frame);
    Element descriptor =
        element((Element) metadata.getAsTree("javax_imageio_gif_image_1.0"), "ImageDescriptor");
    int left = Integer.parseInt(descriptor.getAttribute("imageLeftPosition"));
    int top = Integer.parseInt(descriptor.getAttribute("imageTopPosition"));
    int width = Math.max(left + rgb.getWidth(), little16(bytes, 6));
    int height = Math.max(top + rgb.getHeight(), little16(bytes, 8));
    PictureReader.checkPixels(name, width, height, limits);
    if (width == rgb.getWidth() && height == rgb.getHeight()) {
      return rgb;
    }
    BufferedImage canvas = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] row = new int[width];
    Arrays.fill(row, background(frame));
    for (int y = 0; y < height; y++) {
      canvas.getRaster().setDataElements(0, y, width, 1, row);
    }
    canvas.getRaster().setRect(left, top, rgb.getRaster());
    return canvas;
  }

  private static int background(BufferedImage frame) {
    if (!(frame.getColorModel() instanceof IndexColorModel palette)) {
      return 0;
    }
    return palette.getRGB(Math.max(0, palette.getTransparentPixel())) & 0xFFFFFF;
  }

  private static int little16(byte[] bytes, int at) {
    return (bytes[at] & 255) | (bytes[at + 1] & 255) << 8;
  }

  private static Element element(Element root, String name) {
    NodeList found = root.getElementsByTagName(name);
    if (!(found.item(0) instanceof Element element)) {
      throw new IllegalArgumentException("no " + name);
    }
    return element;
  }
}
