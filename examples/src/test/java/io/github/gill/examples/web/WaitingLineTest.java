package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WaitingLineTest {

  @Test
  void tellsPositionsAsThoseAheadLeave() {
    WaitingLine line = new WaitingLine(3, 3);
    List<Integer> last = new ArrayList<>();
    var first = line.join("a", position -> {}, () -> "").place();
    var second = line.join("b", position -> {}, () -> "").place();
    line.join("c", last::add, () -> "");
    second.leave();
    first.leave();
    first.leave();
    assertEquals(List.of(2, 1, 0), last);
    assertEquals(1, line.length());
  }

  @Test
  void refusesWhenTheLineOrAClientsShareIsFull() {
    WaitingLine line = new WaitingLine(3, 2);
    line.join("a", position -> {}, () -> "");
    line.join("a", position -> {}, () -> "");
    ApiException share =
        assertThrows(ApiException.class, () -> line.join("a", position -> {}, () -> ""));
    assertEquals(429, share.status());
    assertTrue(share.text().contains("2 requests in the line of 2"), share.text());
    line.join("b", position -> {}, () -> "");
    ApiException full =
        assertThrows(ApiException.class, () -> line.join("c", position -> {}, () -> ""));
    assertEquals(503, full.status());
    assertTrue(full.text().contains("3 requests are ahead"), full.text());
  }

  @Test
  void takesNoPlaceForWorkThatIsRefused() {
    WaitingLine line = new WaitingLine(1, 1);
    assertThrows(
        IllegalStateException.class,
        () ->
            line.join(
                "a",
                position -> {},
                () -> {
                  throw new IllegalStateException("closed");
                }));
    assertEquals(0, line.length());
  }

  @Test
  void refillsAClientsShareEvenly() {
    AtomicLong now = new AtomicLong();
    ClientRates rates = new ClientRates(60, now::get);
    for (int i = 0; i < 60; i++) {
      rates.count("a");
    }
    assertEquals(429, assertThrows(ApiException.class, () -> rates.count("a")).status());
    rates.count("b");
    now.addAndGet(1_000_000_000L);
    rates.count("a");
    assertThrows(ApiException.class, () -> rates.count("a"));
  }
}
