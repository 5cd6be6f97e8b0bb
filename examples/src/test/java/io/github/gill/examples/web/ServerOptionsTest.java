package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ServerOptionsTest {

  @Test
  void boundsTheQueueByTheEngines() {
    ServerOptions d = ServerOptions.DEFAULTS;
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new ServerOptions(
                    d.host(), 0, Set.of(), Integer.MAX_VALUE, 1, 1, 1, 1, 1, 1, d.expiry()));
    assertEquals("queue is 2147483647; use 1 to 9999", e.getMessage());
  }
}
