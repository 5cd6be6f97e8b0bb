package io.github.gill;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A conversation: each turn is read after the turns and answers before it, and only its own tokens
 * cost time, because the cache of what came before is kept.
 *
 * <p>The cache is bounded for all sessions together ({@link Gill.Builder#sessionMemory}): the least
 * recently used ones lose theirs and read their history again at their next turn, with the same
 * answer. Thread-safe; turns of one session wait for each other. Close it to free the cache.
 */
public final class GillSession implements AutoCloseable {

  private final Gill gill;
  private final Conversation conversation;

  /** The number of parts before each exchange. */
  private final List<Integer> marks = new ArrayList<>();

  private volatile boolean closed;

  /** What the cache takes, readable while a turn runs. */
  private volatile long cacheBytes;

  /** Whether a turn runs; whoever sees that under this session's lock is a listener of it. */
  private boolean running;

  GillSession(Gill gill, Conversation conversation, List<Integer> marks) {
    this.gill = gill;
    this.conversation = conversation;
    this.marks.addAll(marks);
    this.cacheBytes = conversation.cacheBytes();
  }

  /**
   * Answers the next turn and waits for the answer.
   *
   * @param turn pictures and text, for example {@code "Q: …\nA:"}
   * @param settings how to answer
   * @return the answer
   * @throws GillException as {@link Gill#answer(Prompt, AnswerSettings)}; the conversation is then
   *     as it was before the turn
   */
  public Answer answer(Prompt turn, AnswerSettings settings) {
    return submit(turn, settings, event -> {}).join();
  }

  /**
   * Queues the next turn and tells a listener what happens. The answer joins the history as the
   * original's demo keeps it: its text with {@code [IMG]} tokens where pictures are, and a newline.
   *
   * @param turn pictures and text
   * @param settings how to answer
   * @param listener called from the engine's thread as things happen
   * @return the request on its way
   * @throws BusyException if too many requests are waiting
   * @throws IllegalStateException if this session or its engine is closed
   */
  public PendingAnswer submit(
      Prompt turn, AnswerSettings settings, Consumer<AnswerEvent> listener) {
    checkOpen();
    return gill.submit(this, turn, settings, listener);
  }

  /** Runs a turn on the engine's thread. */
  synchronized Answer run(
      AnswerLoop loop, Prompt turn, AnswerSettings settings, RequestProgress progress) {
    checkOpen();
    int mark = conversation.parts().size();
    running = true;
    try {
      Answer answer = loop.answer(conversation, turn, settings, progress);
      marks.add(mark);
      return answer;
    } finally {
      running = false;
      cacheBytes = conversation.cacheBytes();
    }
  }

  /**
   * Forgets the last turn and its answer. Waits for a running turn.
   *
   * @return false if there was none
   * @throws IllegalStateException if this session is closed, or a listener of its turn calls this
   */
  public synchronized boolean undo() {
    checkOpen();
    checkIdle();
    if (marks.isEmpty()) {
      return false;
    }
    conversation.truncate(marks.remove(marks.size() - 1));
    return true;
  }

  /**
   * Starts another conversation from here. Waits for a running turn.
   *
   * @return a session with the same history, which the caller closes
   * @throws IllegalStateException if this session is closed, or a listener of its turn calls this
   */
  public GillSession fork() {
    Conversation copy;
    List<Integer> ends;
    synchronized (this) {
      checkOpen();
      checkIdle();
      copy = conversation.copy();
      ends = List.copyOf(marks);
    }
    // Adopting may free other sessions' caches, which takes their locks: never two at once.
    return gill.adopt(copy, ends);
  }

  /**
   * Returns what was said so far.
   *
   * @return turns and answers in order, answers as the language model reads them
   */
  public synchronized List<PromptPart> history() {
    return conversation.parts();
  }

  long cacheBytes() {
    return cacheBytes;
  }

  synchronized void forgetCache() {
    if (!running) {
      conversation.forgetCache();
      cacheBytes = 0;
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("this session is closed; open a new one");
    }
  }

  private void checkIdle() {
    if (running) {
      throw new IllegalStateException(
          "a listener changes the session whose turn it hears of; wait until the turn has ended");
    }
  }

  /**
   * Frees the cache; waits for a running turn. Does nothing the second time.
   *
   * @throws IllegalStateException if a listener of its turn calls this
   */
  @Override
  public void close() {
    synchronized (this) {
      checkIdle();
      closed = true;
      conversation.close();
      cacheBytes = 0;
    }
    gill.forget(this);
  }

  boolean closed() {
    return closed;
  }
}
