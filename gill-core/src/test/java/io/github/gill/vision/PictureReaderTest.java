package io.github.gill.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.GillException;
import io.github.gill.LimitException;
import io.github.gill.Limits;
import io.github.gill.PictureException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Pictures in every format against what Pillow makes of them. */
class PictureReaderTest {

  private static final Path PICTURES = Path.of("src/test/resources/vision/pictures");
  private static final Limits SMALL = new Limits(1 << 20, 100_000, 1, 1, 1, 1, 8);

  @TestFactory
  Stream<DynamicTest> readsLikePillow() throws IOException {
    JsonObject expected =
        JsonParser.parseString(Files.readString(PICTURES.resolve("expected.json")))
            .getAsJsonObject();
    return expected.keySet().stream()
        .map(name -> dynamicTest(name, () -> compare(name, expected.getAsJsonObject(name))));
  }

  private static void compare(String name, JsonObject expected) throws IOException {
    BufferedImage image = PictureReader.read(PICTURES.resolve(name), Limits.DEFAULTS);
    assertEquals(BufferedImage.TYPE_INT_RGB, image.getType());
    assertEquals(expected.get("width").getAsInt(), image.getWidth());
    assertEquals(expected.get("height").getAsInt(), image.getHeight());
    byte[] rgb = inflated(expected.get("rgb").getAsString());
    long total = 0;
    int largest = 0;
    for (int i = 0; i < rgb.length; i++) {
      int pixel = image.getRGB(i / 3 % image.getWidth(), i / 3 / image.getWidth());
      int difference = Math.abs(((pixel >> (16 - 8 * (i % 3))) & 255) - (rgb[i] & 255));
      largest = Math.max(largest, difference);
      total += difference;
    }
    if (name.startsWith("lossy")) {
      // The WebP reader repeats chroma samples where libwebp interpolates; these pictures have
      // sharp edges between saturated colours.
      assertTrue(total < 8L * rgb.length, "mean difference " + (double) total / rgb.length);
    } else {
      // A TIFF palette has 16 bits per colour, which Java rounds otherwise.
      assertEquals(0, largest, name.equals("palette.tif") ? 1 : 0);
    }
  }

  @Test
  void refusesWhatIsNoFileWithoutReadingIt() {
    PictureException folder =
        assertThrows(
            PictureException.class, () -> PictureReader.read(Path.of("."), Limits.DEFAULTS));
    assertTrue(folder.getMessage().contains("is a folder, a pipe or a device"), folder::getMessage);
    Path endless = Path.of("/dev/zero");
    assumeTrue(Files.exists(endless));
    assertThrows(PictureException.class, () -> PictureReader.read(endless, Limits.DEFAULTS));
  }

  @Test
  void refusesTooManyPixelsBeforeDecoding() {
    byte[] png = new byte[33];
    ByteBuffer.wrap(png)
        .putLong(0x89504E470D0A1A0AL)
        .putInt(13)
        .put("IHDR".getBytes(StandardCharsets.US_ASCII))
        .putInt(30_000)
        .putInt(30_000)
        .put(new byte[] {8, 2, 0, 0, 0});
    assertEquals(
        "the picture is 30000×30000 = 900000000 pixels, allowed are 64000000; scale it down or"
            + " raise the limit imagePixels",
        assertThrows(LimitException.class, () -> PictureReader.read(png, Limits.DEFAULTS))
            .getMessage());
  }

  @Test
  void refusesTooManyBytes() {
    assertEquals(
        "the picture has 1048577 bytes, allowed are 1048576; use a smaller file or raise the limit"
            + " imageBytes",
        assertThrows(LimitException.class, () -> PictureReader.read(new byte[(1 << 20) + 1], SMALL))
            .getMessage());
  }

  @Test
  void refusesWhatIsNoPicture() {
    byte[] text = "not a picture".getBytes(StandardCharsets.UTF_8);
    assertEquals(
        "the picture is in no format known here; use PNG, JPEG, WebP, GIF, BMP or TIFF",
        assertThrows(PictureException.class, () -> PictureReader.read(text, SMALL)).getMessage());
    assertThrows(PictureException.class, () -> PictureReader.read(new byte[0], SMALL));
  }

  @Test
  void namesAMissingFile() {
    Path missing = PICTURES.resolve("missing.png");
    assertEquals(
        missing + " does not exist; check the path",
        assertThrows(PictureException.class, () -> PictureReader.read(missing, SMALL))
            .getMessage());
  }

  @TestFactory
  Stream<DynamicTest> refusesTruncatedPictures() {
    return Stream.of("rgb.png", "rgb420.jpg", "transparent.gif", "rgb.bmp", "rgb.tif", "lossy.webp")
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      byte[] whole = Files.readAllBytes(PICTURES.resolve(name));
                      for (int length = 0; length < whole.length * 4 / 5; length += 7) {
                        byte[] part = Arrays.copyOf(whole, length);
                        assertThrows(
                            GillException.class,
                            () -> PictureReader.read(part, SMALL),
                            name + " cut to " + length);
                      }
                    }));
  }

  @Test
  void aDecoderThatReadsOnBehindTheEndIsStopped() throws IOException {
    byte[] damaged = Arrays.copyOf(Files.readAllBytes(PICTURES.resolve("lossless.webp")), 276);
    damaged[30] = (byte) 255;
    damaged[37] = 18;
    damaged[43] = 7;
    damaged[85] = (byte) 255;
    assertEquals(
        "the picture is damaged: it ends too early; get the whole file or save it again as PNG",
        assertTimeout(
                Duration.ofSeconds(20),
                () ->
                    assertThrows(PictureException.class, () -> PictureReader.read(damaged, SMALL)))
            .getMessage());
  }

  @Test
  void refusesPicturesWithAbsurdlyManyScans() throws IOException {
    byte[] whole = Files.readAllBytes(PICTURES.resolve("progressive.jpg"));
    byte[] scans = Arrays.copyOf(whole, whole.length + 1200);
    for (int i = whole.length; i < scans.length; i += 2) {
      scans[i] = (byte) 0xFF;
      scans[i + 1] = (byte) 0xDA;
    }
    assertTrue(
        assertThrows(PictureException.class, () -> PictureReader.read(scans, SMALL))
            .toString()
            .contains("scans, expected at most 500"));
  }

  @TestFactory
  Stream<DynamicTest> damagedPicturesEndInOurExceptions() throws IOException {
    long seed = Long.getLong("seed", 20_260_801);
    try (Stream<Path> files = Files.list(PICTURES)) {
      List<Path> pictures = files.filter(file -> !file.toString().endsWith(".json")).toList();
      return pictures.stream()
          .map(
              file ->
                  dynamicTest(
                      file.getFileName() + " seed " + seed,
                      () -> assertTimeout(Duration.ofSeconds(20), () -> damage(file, 60, seed))));
    }
  }

  private static void damage(Path file, int times, long seed) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(seed);
    for (int i = 0; i < times; i++) {
      byte[] damaged = whole.clone();
      int changes = 1 + random.nextInt(6);
      for (int c = 0; c < changes; c++) {
        // Headers decide most, so half of the damage goes there.
        int at = random.nextInt(random.nextBoolean() ? Math.min(64, whole.length) : whole.length);
        damaged[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(3) - 1);
      }
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(whole.length * 2));
      }
      try {
        BufferedImage image = PictureReader.read(damaged, SMALL);
        assertTrue((long) image.getWidth() * image.getHeight() <= SMALL.imagePixels());
      } catch (GillException e) {
        assertTrue(e instanceof LimitException || e instanceof PictureException, e.toString());
      }
    }
  }

  @Test
  void convertsAnyDecodedPicture() {
    BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(1, 0, 0, 100);
    assertEquals(0xFF646464, PictureReader.toRgb(grey, SMALL).getRGB(1, 0));
    BufferedImage alpha = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    alpha.setRGB(0, 0, 0x00123456);
    assertEquals(0xFF123456, PictureReader.toRgb(alpha, SMALL).getRGB(0, 0));
    BufferedImage packed = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_565_RGB);
    packed.setRGB(0, 0, 0xFFFFFFFF);
    assertEquals(0xFFFFFFFF, PictureReader.toRgb(packed, SMALL).getRGB(0, 0));
    BufferedImage rgb = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    assertSame(rgb, PictureReader.toRgb(rgb, SMALL));
    BufferedImage large = new BufferedImage(1000, 101, BufferedImage.TYPE_BYTE_BINARY);
    assertThrows(LimitException.class, () -> PictureReader.toRgb(large, SMALL));
  }

  private static byte[] inflated(String base64) throws IOException {
    try (InflaterInputStream stream =
        new InflaterInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(base64)))) {
      return stream.readAllBytes();
    }
  }
}
