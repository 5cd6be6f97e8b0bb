package io.github.gill.checkpoint;

import java.util.List;

/**
 * What a pickle may name and call: the allow-list of one kind of file.
 *
 * <p>Nothing is looked up by reflection. An implementation compares names with its list, builds
 * values itself, and refuses the rest through {@link Refusal}, which the machine completes with the
 * file's name and the position.
 */
interface PickleObjects {

  /** Why something was refused. */
  final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String what;

    Refusal(String what) {
      super(what, null, false, false);
      this.what = what;
    }

    String what() {
      return what;
    }
  }

  /** Returns the value that stands for a name, never null. */
  Object global(String module, String name);

  /** Calls a value that {@link #global} returned. */
  Object call(Object callable, List<Object> arguments);

  /** Gives an object its state. */
  void build(Object object, Object state);

  /** Returns what an id of {@code torch.save} stands for. */
  default Object persistent(Object id) {
    throw new Refusal("a persistent id has no place here");
  }

  /**
   * Takes elements that were appended to a list directly under a key of the root dictionary.
   *
   * @return true if they were consumed and the list need not keep them
   */
  default boolean appended(Object key, List<Object> elements) {
    return false;
  }

  /**
   * Takes an item that was set in the root dictionary.
   *
   * @return true if it was consumed and the dictionary need not keep it
   */
  default boolean item(Object key, Object value) {
    return false;
  }
}
