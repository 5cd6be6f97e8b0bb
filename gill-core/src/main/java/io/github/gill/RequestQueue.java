package io.github.gill;

import io.github.gill.runtime.NativeMemory;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs requests one after the other in the order of their arrival, with a bound on those waiting.
 *
 * <p>One thread enters libtorch: it takes all cores for one operation, and several callers at once
 * only slow each other down. After a second without requests it gives back what the C library keeps
 * of freed memory.
 */
final class RequestQueue implements AutoCloseable {

  private record Request(Runnable work, PendingAnswer pending) implements Runnable {
    @Override
    public void run() {
      work.run();
    }
  }

  /** Requests in their order; a pause between them is used to give memory back. */
  private static final class Waiting extends ArrayBlockingQueue<Runnable> {
    private static final long serialVersionUID = 1;

    /** Longer than between the turns of a busy server, shorter than anybody waits for memory. */
    private static final long IDLE_MILLISECONDS = 1000;

    Waiting(int capacity) {
      super(capacity);
    }

    @Override
    public Runnable take() throws InterruptedException {
      Runnable next = poll(IDLE_MILLISECONDS, TimeUnit.MILLISECONDS);
      if (next != null) {
        return next;
      }
      NativeMemory.trim();
      return super.take();
    }
  }

  private final ThreadPoolExecutor executor;

  RequestQueue(int capacity) {
    executor =
        new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new Waiting(capacity), work -> new Worker(this, work));
  }

  /** The thread that enters libtorch. */
  private static final class Worker extends Thread {
    private final RequestQueue queue;

    Worker(RequestQueue queue, Runnable work) {
      super(work, "gill");
      this.queue = queue;
      setDaemon(true);
    }
  }

  /** Says whether the calling thread is this queue's own, as it is in listeners. */
  boolean isOwnThread() {
    return Thread.currentThread() instanceof Worker worker && worker.queue == this;
  }

  boolean isClosed() {
    return executor.isShutdown();
  }

  /**
   * Queues a piece of work. It leaves the queue when its request is cancelled or expires.
   *
   * @throws BusyException if too many are waiting
   * @throws IllegalStateException if the queue is closed
   */
  void submit(Runnable work, PendingAnswer pending) {
    Request request = new Request(work, pending);
    pending.waitsIn(() -> executor.remove(request));
    try {
      executor.execute(request);
    } catch (RejectedExecutionException e) {
      if (executor.isShutdown()) {
        throw new IllegalStateException("this Gill is closed; build a new one", e);
      }
      throw new BusyException(
          executor.getQueue().size()
              + " requests are waiting, which is this engine's bound; try again later or build it"
              + " with a larger queueCapacity");
    }
  }

  int waiting() {
    return executor.getQueue().size();
  }

  /** Refuses new work, ends waiting and running work, and waits until nothing runs. */
  @Override
  public void close() {
    if (isOwnThread()) {
      throw new IllegalStateException(
          "a listener closes the engine that is calling it; cancel the request and close the"
              + " engine from another thread");
    }
    for (Runnable waiting : executor.shutdownNow()) {
      ((Request) waiting)
          .pending()
          .end(new AnswerCancelledException("the engine was closed while the request waited"));
    }
    boolean interrupted = false;
    while (true) {
      try {
        if (executor.awaitTermination(1, TimeUnit.DAYS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
