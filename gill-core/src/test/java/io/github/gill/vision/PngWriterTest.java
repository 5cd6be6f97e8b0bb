package io.github.gill.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gill.GillException;
import io.github.gill.Limits;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class PngWriterTest {

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final BufferedImage image = ResamplingTest.pattern(37, 21, 3);

  @Test
  void keepsPixelsAndTexts() throws IOException {
    Map<String, String> text = new LinkedHashMap<>();
    text.put("Software", "GILL");
    text.put("seed", "1337");
    text.put("prompt", "naïve\nlines");
    text.put("prompt 2", "日本語 😀 \0");
    byte[] png = PngWriter.encode(image, text);
    text.put("prompt 2", "日本語 😀 \ufffd");
    assertEquals(text, texts(png));
    assertPixels(PictureReader.read(png, Limits.DEFAULTS));
  }

  @Test
  void writesWithoutTexts() throws IOException {
    byte[] png = PngWriter.encode(image, Map.of());
    assertEquals(Map.of(), texts(png));
    assertPixels(PictureReader.read(png, Limits.DEFAULTS));
  }

  @Test
  void replacesAFileAndLeavesNothingElse() throws IOException {
    Path file = folder.resolve("a.png");
    Files.writeString(file, "old");
    PngWriter.write(image, Map.of("seed", "1"), file);
    assertPixels(PictureReader.read(file, Limits.DEFAULTS));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void namesAFolderThatIsMissing() {
    Path file = folder.resolve("missing/a.png");
    assertEquals(
        file + " cannot be written; check that its folder exists and has space",
        assertThrows(GillException.class, () -> PngWriter.write(image, Map.of(), file))
            .getMessage());
  }

  @Test
  void refusesKeywordsThatPngForbids() {
    for (String keyword : new String[] {"", " a", "a\n", "ключ", "k".repeat(80)}) {
      assertEquals(
          "the keyword \"" + keyword + "\" is not 1 to 79 printable Latin-1 characters",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> PngWriter.encode(image, Map.of(keyword, "x")))
              .getMessage());
    }
  }

  private void assertPixels(BufferedImage found) {
    assertArrayEquals(
        image.getRGB(0, 0, 37, 21, null, 0, 37), found.getRGB(0, 0, 37, 21, null, 0, 37));
  }

  private static Map<String, String> texts(byte[] png) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
    reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(png)));
    Element root = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
    Map<String, String> texts = new LinkedHashMap<>();
    collect(root.getElementsByTagName("tEXtEntry"), "value", texts);
    collect(root.getElementsByTagName("iTXtEntry"), "text", texts);
    return texts;
  }

  private static void collect(NodeList entries, String attribute, Map<String, String> texts) {
    for (int i = 0; i < entries.getLength(); i++) {
      Element entry = (Element) entries.item(i);
      texts.put(entry.getAttribute("keyword"), entry.getAttribute(attribute));
    }
  }
}
