package io.github.gill.examples.metrics;

import io.github.gill.spi.Metrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Brings an engine's metrics into Micrometer, and so into Prometheus, OpenTelemetry and others.
 *
 * <pre>{@code
 * Gill gill = Gill.builder().metrics(new MicrometerMetrics(registry)).build();
 * }</pre>
 *
 * <table>
 *   <caption>Meters</caption>
 *   <tr><th>name</th><th>type</th><th>what</th></tr>
 *   <tr><td>{@code gill.requests}</td><td>timer</td>
 *       <td>from arrival to end, by {@code kind} and {@code outcome}</td></tr>
 *   <tr><td>{@code gill.tokens}</td><td>timer</td>
 *       <td>each chosen token; count divided by time is tokens per second of work</td></tr>
 *   <tr><td>{@code gill.steps}</td><td>timer</td><td>each denoising step, likewise</td></tr>
 *   <tr><td>{@code gill.prompt.tokens}</td><td>counter</td>
 *       <td>positions of prompts, by {@code cache}: {@code hit} if a session had them</td></tr>
 *   <tr><td>{@code gill.queue}</td><td>gauge</td><td>requests that wait</td></tr>
 *   <tr><td>{@code gill.native.values}</td><td>gauge</td><td>tensors and others alive</td></tr>
 *   <tr><td>{@code gill.weights}</td><td>gauge</td><td>bytes of all weights</td></tr>
 * </table>
 *
 * <p>Thread-safe. Gauges go when the engine closes; one instance serves one engine.
 */
public final class MicrometerMetrics implements Metrics {

  private final MeterRegistry registry;
  private final Tags tags;
  private final Counter read;
  private final Counter reused;
  private final Timer tokens;
  private final Timer steps;
  private final List<Gauge> gauges = new CopyOnWriteArrayList<>();

  /**
   * Registers the meters.
   *
   * @param registry where to
   * @param tags names and values in turn, on every meter, to tell several engines apart
   */
  public MicrometerMetrics(MeterRegistry registry, String... tags) {
    this.registry = registry;
    this.tags = Tags.of(tags);
    this.read = registry.counter("gill.prompt.tokens", this.tags.and("cache", "miss"));
    this.reused = registry.counter("gill.prompt.tokens", this.tags.and("cache", "hit"));
    this.tokens = registry.timer("gill.tokens", this.tags);
    this.steps = registry.timer("gill.steps", this.tags);
  }

  @Override
  public void opened(State state) {
    gauges.add(Gauge.builder("gill.queue", state, State::waiting).tags(tags).register(registry));
    gauges.add(
        Gauge.builder("gill.native.values", state, State::nativeValues)
            .tags(tags)
            .register(registry));
    gauges.add(
        Gauge.builder("gill.weights", state, State::weightBytes)
            .tags(tags)
            .baseUnit("bytes")
            .register(registry));
  }

  @Override
  public void closed(State state) {
    gauges.forEach(registry::remove);
    gauges.clear();
  }

  @Override
  public void prompt(int read, int reused) {
    this.read.increment(read);
    this.reused.increment(reused);
  }

  @Override
  public void token(long nanos) {
    tokens.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void step(long nanos) {
    steps.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void ended(Kind kind, Outcome outcome, long nanos) {
    registry
        .timer("gill.requests", tags.and("kind", name(kind), "outcome", name(outcome)))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
