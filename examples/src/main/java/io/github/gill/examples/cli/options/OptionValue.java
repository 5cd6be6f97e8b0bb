package io.github.gill.examples.cli.options;

import io.github.gill.runtime.ComputeDevice;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Values that name one of a few things; a refusal says which option was given what. */
public final class OptionValue {

  private static final String AUTO = "auto";

  private OptionValue() {}

  /**
   * Finds a constant.
   *
   * @param <E> the kind of constant
   * @param option for example {@code --decision}
   * @param value the constant's name in any case
   * @param type the constants
   * @return the constant of that name
   * @throws IllegalArgumentException that lists the names if it is none of them
   */
  public static <E extends Enum<E>> E constant(String option, String value, Class<E> type) {
    return find(value, type).orElseThrow(() -> refusal(option, value, names(type)));
  }

  /**
   * Finds a constant, unless {@code auto} leaves the choice to the engine.
   *
   * @param <E> the kind of constant
   * @param option for example {@code --dtype}
   * @param value {@code auto} or the constant's name, in any case
   * @param type the constants
   * @return the constant of that name, or null for {@code auto}
   * @throws IllegalArgumentException that lists the names if it is none of them
   */
  public static <E extends Enum<E>> @Nullable E constantOrAuto(
      String option, String value, Class<E> type) {
    if (value.equalsIgnoreCase(AUTO)) {
      return null;
    }
    return find(value, type).orElseThrow(() -> refusal(option, value, AUTO + ", " + names(type)));
  }

  /**
   * Finds a device, unless {@code auto} leaves the choice to the engine.
   *
   * @param option for example {@code --device}
   * @param value {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}, in any case
   * @return the device, whether or not this machine has it, or null for {@code auto}
   * @throws IllegalArgumentException if it is none of these
   */
  public static @Nullable ComputeDevice deviceOrAuto(String option, String value) {
    if (value.equalsIgnoreCase(AUTO)) {
      return null;
    }
    try {
      return ComputeDevice.parse(value);
    } catch (IllegalArgumentException e) {
      throw refusal(option, value, "auto, cpu, cuda or cuda:N");
    }
  }

  private static <E extends Enum<E>> Optional<E> find(String value, Class<E> type) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().equalsIgnoreCase(value))
        .findFirst();
  }

  private static <E extends Enum<E>> String names(Class<E> type) {
    List<String> names =
        Arrays.stream(type.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .toList();
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }

  private static IllegalArgumentException refusal(String option, String value, String known) {
    return new IllegalArgumentException("%s is \"%s\"; use %s".formatted(option, value, known));
  }
}
