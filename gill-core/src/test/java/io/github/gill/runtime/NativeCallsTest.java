package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.EngineFailureException;
import io.github.gill.testing.ChildProcess;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A JVM that ends while native code runs waits for that, instead of crashing in it. */
class NativeCallsTest {

  private static final String SOURCE =
      """
      def work(self: __torch__.Net, x: Tensor) -> Tensor:
        y = x
        for i in range(2000):
          y = torch.conv2d(x, x[:16, :16, :3, :3], None, [1, 1], [1, 1])
        return y
      """;

  @Test
  void theEndWaitsForRunningCallsAndLetsNoneBegin() throws Exception {
    String output = ChildProcess.of(NativeCallsTest.class).run();
    assertTrue(output.contains("ended 0 before, 2 after, the next was refused"), output);
  }

  /** Ends native calls while two threads are in one, then the JVM. */
  public static void main(String[] args) throws InterruptedException {
    Program program = Program.compile("work.py", SOURCE);
    CountDownLatch prepared = new CountDownLatch(2);
    AtomicInteger ended = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      Thread worker =
          new Thread(
              () ->
                  NativeCalls.run(
                      () -> {
                        try (Scope scope = new Scope()) {
                          Value x = scope.filledFloats(bytes -> {}, 16, 16, 32, 32);
                          prepared.countDown();
                          Value unused = program.call(scope, "work", x);
                          return ended.incrementAndGet();
                        }
                      }));
      worker.setDaemon(true);
      worker.start();
    }
    prepared.await();
    while (NativeCalls.running() < 4) { // each thread's call around the program's
      Thread.onSpinWait();
    }
    Thread.sleep(20); // the calls take many times as long
    System.out.printf("ended %d before, ", ended.get());
    NativeCalls.end();
    int before = ended.get();
    try (Scope scope = new Scope()) {
      Value unused = program.call(scope, "work", scope.filledFloats(bytes -> {}, 16, 16, 32, 32));
    } catch (EngineFailureException e) {
      System.out.printf("%d after, the next was refused: %s%n", before, e.getMessage());
    }
    program.close();
    System.exit(0);
  }
}
