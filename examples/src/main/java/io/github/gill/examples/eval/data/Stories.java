package io.github.gill.examples.eval.data;

import com.google.gson.stream.JsonReader;
import io.github.gill.examples.eval.data.Story.Scene;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * VIST's annotations of stories in sequence (Huang et al. 2016).
 *
 * <p>Read: {@code annotations}, a list of lists of {@code story_id}, {@code
 * worker_arranged_photo_order}, {@code photo_flickr_id} and {@code text}. A story is handed on as
 * soon as its five sentences were seen, in whatever order they stand.
 */
public final class Stories {

  private static final int SENTENCES = 5;

  private Stories() {}

  /**
   * Reads stories until there are no more or the consumer has enough.
   *
   * @param file for example {@code val.story-in-sequence.json}
   * @param wantsMore takes a story and says whether to go on
   * @throws IllegalArgumentException if the file is not of this form or ends within a story
   */
  public static void read(Path file, Predicate<Story> wantsMore) {
    JsonFile.read(file, json -> root(json, wantsMore));
  }

  private static void root(JsonReader json, Predicate<Story> wantsMore) throws IOException {
    boolean found = false;
    json.beginObject();
    while (json.hasNext()) {
      if (!json.nextName().equals("annotations")) {
        json.skipValue();
        continue;
      }
      found = true;
      if (!annotations(json, wantsMore)) {
        return;
      }
    }
    json.endObject();
    if (!found) {
      throw new IllegalArgumentException("\"annotations\" is missing; give VIST's SIS annotations");
    }
  }

  /** Returns whether the consumer wants more. */
  private static boolean annotations(JsonReader json, Predicate<Story> wantsMore)
      throws IOException {
    Map<String, TreeMap<Integer, Scene>> open = new LinkedHashMap<>();
    json.beginArray();
    while (json.hasNext()) {
      json.beginArray();
      while (json.hasNext()) {
        Annotation annotation = Annotation.read(json);
        TreeMap<Integer, Scene> scenes =
            open.computeIfAbsent(annotation.story, id -> new TreeMap<>());
        Scene scene = new Scene(annotation.text, annotation.picture);
        if (scenes.put(annotation.place, scene) != null) {
          throw new IllegalArgumentException(
              "story %s has two sentences at place %d; give it five places"
                  .formatted(annotation.story, annotation.place));
        }
        if (scenes.size() == SENTENCES) {
          open.remove(annotation.story);
          if (!wantsMore.test(new Story(annotation.story, List.copyOf(scenes.values())))) {
            return false;
          }
        }
      }
      json.endArray();
    }
    json.endArray();
    if (!open.isEmpty()) {
      Map.Entry<String, TreeMap<Integer, Scene>> first = open.entrySet().iterator().next();
      throw new IllegalArgumentException(
          "%d stories do not have five sentences, the first is %s with %d; mend the file"
              .formatted(open.size(), first.getKey(), first.getValue().size()));
    }
    return true;
  }

  /** One sentence as it stands in the file. */
  private static final class Annotation {
    private String story = "";
    private int place = -1;
    private String picture = "";
    private String text = "";

    static Annotation read(JsonReader json) throws IOException {
      Annotation read = new Annotation();
      json.beginObject();
      while (json.hasNext()) {
        switch (json.nextName()) {
          case "story_id" -> read.story = json.nextString();
          case "worker_arranged_photo_order" -> read.place = json.nextInt();
          case "photo_flickr_id" -> read.picture = json.nextString();
          case "text" -> read.text = json.nextString();
          default -> json.skipValue();
        }
      }
      json.endObject();
      if (read.story.isEmpty() || read.place < 0 || read.picture.isEmpty()) {
        throw new IllegalArgumentException(
            "a sentence lacks story_id, worker_arranged_photo_order or photo_flickr_id");
      }
      return read;
    }
  }
}
