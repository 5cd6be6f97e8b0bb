package io.github.gill.examples.web;

import io.github.gill.examples.cli.options.OptionValue;

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
    try {
      return OptionValue.constant(name, shortened(value), type);
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  /** The beginning of what a request holds, enough to recognize it in a message. */
  static String shortened(String value) {
    return value.length() <= LONGEST_SHOWN ? value : value.substring(0, LONGEST_SHOWN) + "…";
  }
}
