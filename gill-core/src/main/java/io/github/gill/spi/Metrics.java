package io.github.gill.spi;

/**
 * Receives what an engine does, for monitoring; {@link io.github.gill.Gill.Builder#metrics} takes
 * one.
 *
 * <p>Every method does nothing by default, so an implementation overrides what it wants. Those that
 * tell of work are called from the engine's thread, {@link #ended} also from others, so an
 * implementation is thread-safe and quick. What it throws is logged once and changes nothing.
 * Arguments are numbers and constants: telling costs no memory.
 */
public interface Metrics {

  /** Metrics that nobody wants. */
  Metrics NONE = new Metrics() {};

  /** What an answer has in it. */
  enum Kind {
    /** Words only. */
    TEXT,
    /** A picture that was found, and words perhaps. */
    RETRIEVED,
    /** A picture that was drawn. */
    GENERATED,
    /** Pictures of both kinds. */
    BOTH,
    /** There was no answer. */
    NONE
  }

  /** How a request ended. */
  enum Outcome {
    /** With an answer. */
    ANSWERED,
    /** Its caller, an interrupt or closing the engine ended it. */
    CANCELLED,
    /** It took longer than its settings allow. */
    TIMED_OUT,
    /** It was not taken in, because too many were waiting. */
    BUSY,
    /** With any other exception. */
    FAILED
  }

  /** What an engine holds at the moment. Every method may be called at any time by any thread. */
  interface State {

    /**
     * Returns how many requests wait behind the one that runs.
     *
     * @return 0 or more
     */
    int waiting();

    /**
     * Returns how many native values exist, tensors and others.
     *
     * @return a number for the whole process
     */
    long nativeValues();

    /**
     * Returns what the weights take, on all devices.
     *
     * @return bytes, for the whole process
     */
    long weightBytes();
  }

  /**
   * An engine is loaded.
   *
   * @param state what it holds, to be asked from now on until {@link #closed}
   */
  default void opened(State state) {}

  /**
   * An engine is closed.
   *
   * @param state as {@link #opened} had it
   */
  default void closed(State state) {}

  /**
   * A prompt is about to be read.
   *
   * @param read the positions to read, 1 or more
   * @param reused the positions before them that a session's cache spares
   */
  default void prompt(int read, int reused) {}

  /**
   * The decoder chose a token.
   *
   * @param nanos what it took since the one before; for the first one, with reading the prompt
   */
  default void token(long nanos) {}

  /**
   * A denoising step is done.
   *
   * @param nanos what it took since the one before; for the first one, with all that precedes it
   */
  default void step(long nanos) {}

  /**
   * A request ended; called once for each, or for each of several prompts that were answered as
   * one.
   *
   * @param kind what was answered
   * @param outcome how it ended
   * @param nanos from its arrival to its end, waiting included
   */
  default void ended(Kind kind, Outcome outcome, long nanos) {}
}
