package io.github.gill.examples.web;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/** Who waits for the model, in order, with a bound for all and one for each client. Thread-safe. */
final class WaitingLine {

  /** A place in the line. */
  final class Place {
    private final String client;
    private final IntConsumer onMove;

    Place(String client, IntConsumer onMove) {
      this.client = client;
      this.onMove = onMove;
    }

    /** Leaves the line; those behind move up. */
    void leave() {
      List<Place> behind = new ArrayList<>();
      int from;
      synchronized (WaitingLine.this) {
        from = places.indexOf(this);
        if (from < 0) {
          return;
        }
        places.remove(from);
        behind.addAll(places.subList(from, places.size()));
      }
      for (int i = 0; i < behind.size(); i++) {
        behind.get(i).onMove.accept(from + i);
      }
    }
  }

  private final int capacity;
  private final int perClient;
  private final List<Place> places = new ArrayList<>();

  WaitingLine(int capacity, int perClient) {
    this.capacity = capacity;
    this.perClient = perClient;
  }

  /**
   * Joins the line.
   *
   * @param client whom to count the place to
   * @param onMove told the position now and later; 0 is being served
   * @param submit hands the work to the model while the line stands still, so both have one order
   * @return what {@code submit} returned
   * @throws ApiException if the line, or the client's share of it, is full
   */
  <T> Joined<T> join(String client, IntConsumer onMove, Supplier<T> submit) {
    Place place = new Place(client, onMove);
    int position;
    T work;
    synchronized (this) {
      position = places.size();
      if (position >= capacity) {
        throw new ApiException(
            503,
            "busy",
            "the model is busy: "
                + position
                + " requests are ahead, which is all that may wait; try again in a moment");
      }
      long own = places.stream().filter(other -> other.client.equals(client)).count();
      if (own >= perClient) {
        throw new ApiException(
            429,
            "busy",
            "your address has "
                + own
                + " requests in the line of "
                + position
                + ", which is its share; wait for one of them");
      }
      work = submit.get();
      places.add(place);
    }
    onMove.accept(position);
    return new Joined<>(place, work);
  }

  /** The length of the line, the one being served included. */
  synchronized int length() {
    return places.size();
  }

  /**
   * A place and what was submitted for it.
   *
   * @param <T> the kind of work
   */
  record Joined<T>(Place place, T work) {}
}
