package io.github.gill.examples.eval;

import io.github.gill.PromptPart;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A picture to draw, from contexts that tell more and more about it.
 *
 * @param task which task it belongs to
 * @param id its own within the data set
 * @param number its place in the data set from 0, which its noise depends on
 * @param truth the picture that a drawn one should resemble
 * @param contexts what systems are given, the richest last
 */
record GenerationItem(String task, String id, int number, Path truth, List<Context> contexts) {

  /** Copies the list. */
  GenerationItem {
    contexts = List.copyOf(contexts);
  }

  /**
   * What a system is given.
   *
   * @param name the same for all items of a task
   * @param prompt what GILL reads, or null where it takes no part
   * @param words what the text-only baseline reads, or null where it takes no part
   * @param initial the picture that drawing begins from, or null for pure noise
   */
  record Context(
      String name,
      @Nullable List<PromptPart> prompt,
      @Nullable String words,
      @Nullable Path initial) {}
}
