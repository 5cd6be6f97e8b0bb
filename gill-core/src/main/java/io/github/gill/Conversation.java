package io.github.gill;

import io.github.gill.language.KeyValueCache;
import io.github.gill.language.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the language model has read so far, and the cache of it.
 *
 * <p>The cache covers a prefix of the parts: what an answer fed back is dropped when it ends, since
 * the history keeps the answer as it was cut, and that is read together with the next turn.
 */
final class Conversation implements AutoCloseable {

  private final LanguageModel model;
  private final List<PromptPart> parts = new ArrayList<>();

  /** The cache's length after each of the parts that it covers. */
  private final List<Integer> ends = new ArrayList<>();

  private @Nullable KeyValueCache cache;

  Conversation(LanguageModel model) {
    this.model = model;
  }

  /** Every part so far, in order. */
  List<PromptPart> parts() {
    return List.copyOf(parts);
  }

  /** How many parts the cache covers. */
  int cachedParts() {
    return ends.size();
  }

  /** How many positions the cache covers. */
  int cachedLength() {
    return ends.isEmpty() ? 0 : ends.get(ends.size() - 1);
  }

  /** The cache, cut to what it covers. */
  KeyValueCache cache() {
    KeyValueCache current = cache;
    if (current == null) {
      current = model.newCache();
      cache = current;
    }
    current.truncate(cachedLength());
    return current;
  }

  long cacheBytes() {
    return cache == null ? 0 : cache.bytes();
  }

  /**
   * Takes over a turn that was answered.
   *
   * @param lengths the number of positions of each part that the cache did not cover before
   */
  void answered(List<PromptPart> turn, List<Integer> lengths, PromptPart answer) {
    int end = cachedLength();
    for (int length : lengths) {
      end += length;
      ends.add(end);
    }
    parts.addAll(turn);
    parts.add(answer);
  }

  /** Takes over parts of another conversation, unread. */
  void read(List<PromptPart> exchange) {
    parts.addAll(exchange);
  }

  /** Forgets all but the first parts. */
  void truncate(int kept) {
    parts.subList(kept, parts.size()).clear();
    if (ends.size() > kept) {
      ends.subList(kept, ends.size()).clear();
    }
  }

  /** Copies the conversation with its cache. */
  Conversation copy() {
    Conversation copy = new Conversation(model);
    copy.parts.addAll(parts);
    if (cache != null) {
      copy.cache = cache().copy();
      copy.ends.addAll(ends);
    }
    return copy;
  }

  /** Frees the cache; the next turn reads everything again. */
  void forgetCache() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
    ends.clear();
  }

  @Override
  public void close() {
    forgetCache();
  }
}
