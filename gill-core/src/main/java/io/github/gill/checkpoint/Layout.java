package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that a network needs: their names as the hub spells them today, and their shapes.
 *
 * <p>Matching a checkpoint against a layout finds everything that does not fit before anything is
 * loaded. Axes of size 1 at the end may be missing or superfluous, as old files keep linear layers
 * as 1×1 convolutions. Immutable.
 */
public final class Layout {

  private static final int NAMED_IN_MESSAGE = 3;

  /** Ten times what the largest model has. */
  private static final int MOST_TENSORS = 10_000;

  private final String network;
  private final Map<String, Entry> entries;
  private final Map<String, String> standIns;
  private final List<Spelling> spellings;
  private final List<Pattern> ignored;

  private record Entry(List<Long> shape, boolean optional) {}

  private record Spelling(Pattern pattern, String replacement) {}

  private Layout(Builder builder) {
    network = builder.network;
    entries = new LinkedHashMap<>(builder.entries);
    standIns = Map.copyOf(builder.standIns);
    spellings = List.copyOf(builder.spellings);
    ignored = List.copyOf(builder.ignored);
  }

  /**
   * Starts a layout.
   *
   * @param network what it describes, for messages
   * @return a builder
   */
  public static Builder builder(String network) {
    return new Builder(network);
  }

  /**
   * Returns the shape of a tensor.
   *
   * @param name a name as the hub spells it today
   * @return the size of each axis
   * @throws IllegalArgumentException if the layout has no such tensor
   */
  public long[] shape(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(network + " has no tensor \"" + name + "\"");
    }
    return entry.shape().stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Finds this layout's tensors in a checkpoint.
   *
   * @param checkpoint the files
   * @return from this layout's names to the names in the files, in this layout's order, without
   *     optional tensors that are not there
   * @throws ModelFileException if tensors are missing, superfluous or misshapen, naming them
   */
  public Map<String, String> match(Checkpoint checkpoint) {
    return match(checkpoint.source(), checkpoint.tensors());
  }

  /**
   * Finds this layout's tensors in a directory of tensors.
   *
   * @param source where they come from, for messages
   * @param tensors names in the files with types and shapes
   * @return as {@link #match(Checkpoint)}
   * @throws ModelFileException as {@link #match(Checkpoint)}
   */
  public Map<String, String> match(String source, Map<String, TensorInfo> tensors) {
    Map<String, String> found = new LinkedHashMap<>();
    Map<String, String> storedNames = new LinkedHashMap<>();
    List<String> extra = new ArrayList<>();
    List<String> twice = new ArrayList<>();
    for (String stored : tensors.keySet()) {
      String name = entries.containsKey(stored) ? stored : respell(stored);
      if (entries.containsKey(name)) {
        String other = storedNames.put(name, stored);
        if (other != null) {
          twice.add(other + " and " + stored);
        }
      } else if (ignored.stream().noneMatch(pattern -> pattern.matcher(name).matches())) {
        extra.add(stored);
      }
    }
    standIns.forEach(
        (name, other) -> {
          if (tensors.containsKey(other)) {
            storedNames.putIfAbsent(name, other);
          }
        });
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    entries.forEach(
        (name, entry) -> {
          String stored = storedNames.get(name);
          TensorInfo info = stored == null ? null : tensors.get(stored);
          if (stored == null || info == null) {
            if (!entry.optional()) {
              missing.add(name);
            }
          } else if (withoutTrailingOnes(info.shape()).equals(withoutTrailingOnes(entry.shape()))) {
            found.put(name, stored);
          } else {
            misshapen.add(stored + " is " + info.shape() + ", expected " + entry.shape());
          }
        });
    if (!missing.isEmpty() || !extra.isEmpty() || !twice.isEmpty() || !misshapen.isEmpty()) {
      throw new ModelFileException(
          source
              + " does not fit "
              + network
              + ":"
              + listed(" missing ", missing)
              + listed(" not known ", extra)
              + listed(" one tensor under two names: ", twice)
              + listed(" misshapen: ", misshapen)
              + " use the weights that belong to the configuration beside them");
    }
    return found;
  }

  private String respell(String stored) {
    String name = stored;
    for (Spelling spelling : spellings) {
      name = spelling.pattern().matcher(name).replaceFirst(spelling.replacement());
    }
    return name;
  }

  private static List<Long> withoutTrailingOnes(List<Long> shape) {
    int end = shape.size();
    while (end > 0 && shape.get(end - 1) == 1) {
      end--;
    }
    return shape.subList(0, end);
  }

  private static String listed(String what, List<String> names) {
    if (names.isEmpty()) {
      return "";
    }
    List<String> first = names.subList(0, Math.min(NAMED_IN_MESSAGE, names.size()));
    String more =
        names.size() > first.size() ? " and " + (names.size() - first.size()) + " more" : "";
    return what + String.join(", ", first) + more + ";";
  }

  /** Collects names and shapes. */
  public static final class Builder {
    private final String network;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> standIns = new LinkedHashMap<>();
    private final List<Spelling> spellings = new ArrayList<>();
    private final List<Pattern> ignored = new ArrayList<>();

    private Builder(String network) {
      this.network = network;
    }

    /**
     * Adds a tensor that must be there.
     *
     * @param name its name as the hub spells it today
     * @param shape the size of each axis, none for a scalar
     * @return this builder
     * @throws ModelFileException if there are too many, as where a configuration asks for absurdly
     *     many layers
     */
    public Builder tensor(String name, long... shape) {
      return add(name, shape, false);
    }

    /**
     * Adds a tensor that may be there.
     *
     * @param name its name as the hub spells it today
     * @param shape the size of each axis, none for a scalar
     * @return this builder
     */
    public Builder optional(String name, long... shape) {
      return add(name, shape, true);
    }

    private Builder add(String name, long[] shape, boolean optional) {
      if (entries.size() == MOST_TENSORS) {
        throw new ModelFileException(
            "the configuration of "
                + network
                + " asks for more than "
                + MOST_TENSORS
                + " tensors; use the configuration that belongs to the weights");
      }
      @Nullable Entry before =
          entries.put(name, new Entry(Arrays.stream(shape).boxed().toList(), optional));
      if (before != null) {
        throw new IllegalArgumentException(network + " names \"" + name + "\" twice");
      }
      return this;
    }

    /**
     * Adds another spelling of names. Spellings apply one after the other in the order of adding.
     *
     * @param regex what to find in a file's name, once
     * @param replacement what to put there, as for {@link java.util.regex.Matcher#replaceFirst}
     * @return this builder
     */
    public Builder spelling(String regex, String replacement) {
      spellings.add(new Spelling(Pattern.compile(regex), replacement));
      return this;
    }

    /**
     * Names a tensor that is the same as another, of which files may keep only one.
     *
     * @param name the other's name as the hub spells it today; used if it is there
     * @param other how files spell this one, left out where the other is there
     * @return this builder
     */
    public Builder standIn(String name, String other) {
      standIns.put(name, other);
      return ignore(Pattern.quote(other));
    }

    /**
     * Leaves tensors out that files have but the network does not need.
     *
     * @param regex matches whole names after respelling
     * @return this builder
     */
    public Builder ignore(String regex) {
      ignored.add(Pattern.compile(regex));
      return this;
    }

    /**
     * Builds the layout.
     *
     * @return the layout
     */
    public Layout build() {
      return new Layout(this);
    }
  }
}
