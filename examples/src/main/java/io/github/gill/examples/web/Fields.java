package io.github.gill.examples.web;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What the fields of a request may hold; a refusal names the field, its value and its range. */
final class Fields {

  private static final int LONGEST_SHOWN = 60;

  private Fields() {}

  /**
   * Checks a number; NaN is in no range.
   *
   * @throws ApiException if it is not from {@code least} to {@code most}
   */
  static double range(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      String allowed = least == most ? plain(least) : plain(least) + " to " + plain(most);
      throw ApiException.badRequest(name + " is " + plain(value) + "; use " + allowed);
    }
    return value;
  }

  /** Whole numbers without a point, as people write them. */
  private static String plain(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : Double.toString(number);
  }

  /**
   * Finds a constant by its name in small letters.
   *
   * @throws ApiException that lists what there is if no constant has the name
   */
  static <E extends Enum<E>> E choice(String name, String value, Class<E> type) {
    List<String> known =
        Arrays.stream(type.getEnumConstants()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
    int at = known.indexOf(value.toLowerCase(Locale.ROOT));
    if (at < 0) {
      int last = known.size() - 1;
      String all = String.join(", ", known.subList(0, last)) + " or " + known.get(last);
      throw ApiException.badRequest(name + " is \"" + shortened(value) + "\"; use " + all);
    }
    return type.getEnumConstants()[at];
  }

  /** The beginning of what a request holds, enough to recognize it in a message. */
  static String shortened(String value) {
    return value.length() <= LONGEST_SHOWN ? value : value.substring(0, LONGEST_SHOWN) + "…";
  }
}
