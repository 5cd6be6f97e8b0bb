package io.github.gill.diffusion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A stream of standard normal numbers. */
@FunctionalInterface
interface Noise {

  /**
   * Draws the next numbers.
   *
   * @param shape how many, by axis
   * @return the numbers
   */
  float[] draw(long... shape);

  /** The streams of requests that are drawn together: each draws for its own pictures. */
  final class Joined implements Noise, AutoCloseable {
    private final List<GaussianNoise> streams = new ArrayList<>();
    private final List<Integer> pictures = new ArrayList<>();

    /**
     * Adds a request.
     *
     * @param stream its stream, closed with this
     * @param count how many of the batch's pictures are its own
     */
    void add(GaussianNoise stream, int count) {
      streams.add(stream);
      pictures.add(count);
    }

    @Override
    public float[] draw(long... shape) {
      if (streams.size() == 1) {
        return streams.get(0).draw(shape);
      }
      float[] all = new float[0];
      for (int i = 0; i < streams.size(); i++) {
        long[] own = shape.clone();
        own[0] = pictures.get(i);
        float[] drawn = streams.get(i).draw(own);
        all = Arrays.copyOf(all, all.length + drawn.length);
        System.arraycopy(drawn, 0, all, all.length - drawn.length, drawn.length);
      }
      return all;
    }

    /** Frees the streams. */
    @Override
    public void close() {
      streams.forEach(GaussianNoise::close);
    }
  }
}
