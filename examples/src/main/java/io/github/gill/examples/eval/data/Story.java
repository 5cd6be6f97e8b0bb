package io.github.gill.examples.eval.data;

import java.util.List;

/**
 * A story of VIST: sentences in order, each with its picture.
 *
 * @param id the story's own
 * @param scenes five
 */
public record Story(String id, List<Scene> scenes) {

  /** Copies the list. */
  public Story {
    scenes = List.copyOf(scenes);
  }

  /**
   * One sentence.
   *
   * @param text the sentence
   * @param picture the name of its picture, without a folder or an ending
   */
  public record Scene(String text, String picture) {}
}
