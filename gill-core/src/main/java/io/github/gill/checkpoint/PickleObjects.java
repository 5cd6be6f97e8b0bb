package io.github.gill.checkpoint;

import java.util.List;
import java.util.Map;

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

  /**
   * Looks a name up in a list.
   *
   * @param names the list, names with their modules before them
   * @param why what is read instead, and the mend, for the refusal
   * @return what stands for it there
   * @throws Refusal if it is not on the list
   */
  static <T> T listed(Map<String, T> names, String module, String name, String why) {
    T known = names.get(module + "." + name);
    if (known == null) {
      throw new Refusal("\"" + module + "." + name + "\" is refused: " + why);
    }
    return known;
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
