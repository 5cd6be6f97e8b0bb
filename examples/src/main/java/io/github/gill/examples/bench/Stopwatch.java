package io.github.gill.examples.bench;

import java.util.ArrayList;
import java.util.List;

/** Takes medians. */
final class Stopwatch {

  private Stopwatch() {}

  /**
   * Times a piece of work after one run that does not count.
   *
   * @param repeats how often, at least 1
   * @return the median in seconds
   */
  static double median(int repeats, Runnable work) {
    work.run();
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < repeats; i++) {
      long started = System.nanoTime();
      work.run();
      times.add((System.nanoTime() - started) / 1e9);
    }
    return median(times);
  }

  /** Returns the middle one, of an even number the upper. */
  static double median(List<Double> times) {
    return times.stream().sorted().toList().get(times.size() / 2);
  }
}
