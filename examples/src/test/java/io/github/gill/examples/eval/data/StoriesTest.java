package io.github.gill.examples.eval.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoriesTest {

  @TempDir Path folder;

  private static String sentence(String story, int place) {
    return """
    [{"original_text": "x", "album_id": "1", "photo_flickr_id": "%s%d", "setting_id": "9",
      "worker_arranged_photo_order": %d, "text": "%s says %d.", "story_id": "%s",
      "nested": {"not": ["read"]}}]\
    """
        .formatted(story, place, place, story, place, story);
  }

  private Path file(String... sentences) throws IOException {
    return Files.writeString(
        folder.resolve("sis.json"),
        "{\"info\": {\"year\": 2016}, \"images\": [{\"id\": \"1\"}], \"annotations\": ["
            + String.join(",", sentences)
            + "], \"type\": \"story-in-sequence\"}");
  }

  private static String[] story(String id, int... places) {
    return IntStream.of(places).mapToObj(place -> sentence(id, place)).toArray(String[]::new);
  }

  private static List<Story> read(Path file, int enough) {
    List<Story> stories = new ArrayList<>();
    Stories.read(
        file,
        story -> {
          stories.add(story);
          return stories.size() < enough;
        });
    return stories;
  }

  @Test
  void ordersSentencesOfMixedStories() throws IOException {
    String[] sentences = new String[10];
    String[] a = story("a", 3, 1, 0, 2, 4);
    String[] b = story("b", 0, 1, 2, 3, 4);
    for (int i = 0; i < 5; i++) {
      sentences[2 * i] = a[i];
      sentences[2 * i + 1] = b[i];
    }
    List<Story> stories = read(file(sentences), 9);
    assertEquals(List.of("a", "b"), stories.stream().map(Story::id).toList());
    assertEquals(
        "a says 0. a says 1. a says 2. a says 3. a says 4.",
        stories.get(0).scenes().stream().map(Story.Scene::text).collect(Collectors.joining(" ")));
    assertEquals("a4", stories.get(0).scenes().get(4).picture());
  }

  @Test
  void stopsWhenThereIsEnough() throws IOException {
    String broken = "[{\"story_id\": \"c\"}]";
    String[] sentences = new String[6];
    System.arraycopy(story("a", 0, 1, 2, 3, 4), 0, sentences, 0, 5);
    sentences[5] = broken;
    Path file = file(sentences);
    assertEquals(1, read(file, 1).size());
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> read(file, 2));
    assertTrue(e.getMessage().contains("lacks story_id"), e.getMessage());
    assertTrue(e.getMessage().contains("$.annotations[5]"), e.getMessage());
  }

  @Test
  void saysWhichStoryIsIncomplete() throws IOException {
    Path file = file(story("seven", 0, 1, 2));
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> read(file, 9));
    assertTrue(e.getMessage().contains("the first is seven with 3"), e.getMessage());
    Path twice = file(story("seven", 0, 0));
    e = assertThrows(IllegalArgumentException.class, () -> read(twice, 9));
    assertTrue(e.getMessage().contains("two sentences at place 0"), e.getMessage());
  }

  @Test
  void namesADamagedFile() throws IOException {
    Path file = file(story("a", 0, 1, 2, 3, 4));
    String whole = Files.readString(file);
    Files.writeString(file, whole.substring(0, whole.length() / 2));
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> read(file, 9));
    assertTrue(e.getMessage().contains("sis.json is damaged"), e.getMessage());
    Path other = Files.writeString(folder.resolve("other.json"), "{\"data\": 1}");
    e = assertThrows(IllegalArgumentException.class, () -> read(other, 9));
    assertTrue(e.getMessage().contains("\"annotations\" is missing"), e.getMessage());
  }
}
