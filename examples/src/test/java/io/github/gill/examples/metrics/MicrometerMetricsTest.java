package io.github.gill.examples.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.gill.spi.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MicrometerMetricsTest {

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final MicrometerMetrics metrics = new MicrometerMetrics(registry, "model", "tiny");

  private static final class State implements Metrics.State {
    private int waiting = 3;

    @Override
    public int waiting() {
      return waiting;
    }

    @Override
    public long nativeValues() {
      return 5;
    }

    @Override
    public long weightBytes() {
      return 1L << 40;
    }
  }

  @Test
  void countsTokensStepsAndCacheHits() {
    metrics.prompt(7, 0);
    metrics.prompt(2, 9);
    metrics.token(1_000_000);
    metrics.token(2_000_000);
    metrics.step(5_000_000);
    assertEquals(9, registry.get("gill.prompt.tokens").tag("cache", "miss").counter().count());
    assertEquals(9, registry.get("gill.prompt.tokens").tag("cache", "hit").counter().count());
    assertEquals(2, registry.get("gill.tokens").tag("model", "tiny").timer().count());
    assertEquals(3, registry.get("gill.tokens").timer().totalTime(TimeUnit.MILLISECONDS), 1e-9);
    assertEquals(1, registry.get("gill.steps").timer().count());
  }

  @Test
  void countsAnswersByKindAndOutcome() {
    metrics.ended(Metrics.Kind.BOTH, Metrics.Outcome.ANSWERED, 10);
    metrics.ended(Metrics.Kind.NONE, Metrics.Outcome.TIMED_OUT, 10);
    metrics.ended(Metrics.Kind.NONE, Metrics.Outcome.TIMED_OUT, 10);
    assertEquals(1, registry.get("gill.requests").tag("kind", "both").timer().count());
    assertEquals(2, registry.get("gill.requests").tag("outcome", "timed_out").timer().count());
  }

  @Test
  void watchesAnEngineUntilItCloses() {
    State state = new State();
    metrics.opened(state);
    assertEquals(3, registry.get("gill.queue").gauge().value());
    state.waiting = 0;
    assertEquals(0, registry.get("gill.queue").gauge().value());
    assertEquals(5, registry.get("gill.native.values").gauge().value());
    assertEquals(0x1p40, registry.get("gill.weights").gauge().value());
    metrics.closed(state);
    assertNull(registry.find("gill.queue").gauge());
    assertNull(registry.find("gill.weights").gauge());
  }
}
