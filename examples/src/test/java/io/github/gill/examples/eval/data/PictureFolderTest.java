package io.github.gill.examples.eval.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFolderTest {

  @TempDir Path folder;

  @Test
  void findsPicturesByTheNamesThatDataSetsUse() throws IOException {
    Path flickr = Files.createFile(folder.resolve("1741642.jpg"));
    Path coco =
        Files.createFile(
            Files.createDirectories(folder.resolve("val"))
                .resolve("VisualDialog_val2018_000000185565.jpg"));
    PictureFolder pictures = PictureFolder.of(folder);
    assertEquals(Optional.of(flickr), pictures.find("1741642"));
    assertEquals(Optional.of(flickr), pictures.find("1741642.jpg"));
    assertEquals(Optional.of(coco), pictures.find("185565"));
    assertEquals(Optional.of(coco), pictures.find("val/VisualDialog_val2018_000000185565.jpg"));
    assertTrue(pictures.missing().isEmpty());
  }

  @Test
  void countsEachMissingPictureOnceAndForItsDataSetAlone() throws IOException {
    Files.createFile(folder.resolve("1.png"));
    PictureFolder pictures = PictureFolder.of(folder);
    assertEquals(Optional.empty(), pictures.find("2"));
    assertEquals(Optional.empty(), pictures.find("2"));
    pictures.find("1");
    assertEquals(Set.of("2"), pictures.missing());
    assertTrue(pictures.withOwnCount().missing().isEmpty());
  }

  @Test
  void saysWhichFolderIsMissing() {
    Path gone = folder.resolve("gone");
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PictureFolder.of(gone));
    assertTrue(e.getMessage().contains("gone cannot be listed"), e.getMessage());
  }
}
