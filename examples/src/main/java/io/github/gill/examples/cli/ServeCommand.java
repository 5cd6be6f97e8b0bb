package io.github.gill.examples.cli;

import io.github.gill.Gill;
import io.github.gill.examples.web.ChatServer;
import io.github.gill.examples.web.ServerOptions;
import java.awt.Desktop;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gill serve}: the chat in a browser. */
@Command(
    name = "serve",
    description = "Serve the chat and its API to a browser.",
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {

  private static final ServerOptions DEFAULTS = ServerOptions.DEFAULTS;

  @Mixin EngineOptions engine = new EngineOptions();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "The address to bind (default: ${DEFAULT-VALUE}; 0.0.0.0 lets other machines in).")
  String host = DEFAULTS.host();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The port (default: ${DEFAULT-VALUE}; 0 takes a free one).")
  int port = DEFAULTS.port();

  @Option(
      names = "--host-name",
      paramLabel = "NAME",
      description = "A name under which browsers reach this server; may be repeated.")
  List<String> hostNames = List.of();

  @Option(
      names = "--queue",
      paramLabel = "N",
      description = "Requests that may wait (default: ${DEFAULT-VALUE}).")
  int queue = DEFAULTS.queue();

  @Option(
      names = "--per-client",
      paramLabel = "N",
      description = "Requests of one address that may wait (default: ${DEFAULT-VALUE}).")
  int perClient = DEFAULTS.perClient();

  @Option(
      names = "--per-minute",
      paramLabel = "N",
      description = "Changes one address may ask for in a minute (default: ${DEFAULT-VALUE}).")
  int perMinute = DEFAULTS.requestsPerMinute();

  @Option(
      names = "--open",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Open the browser where there is a desktop.")
  boolean open = true;

  @Spec CommandSpec spec;

  ServeCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    ServerOptions options =
        new ServerOptions(
            host,
            port,
            Set.copyOf(hostNames),
            queue,
            perClient,
            perMinute,
            DEFAULTS.uploadBytes(),
            DEFAULTS.uploadPixels(),
            DEFAULTS.pictureMemory(),
            DEFAULTS.conversations(),
            DEFAULTS.expiry());
    PrintWriter out = spec.commandLine().getOut();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Gill gill = engine.builder().queueCapacity(queue + 1).build();
        ChatServer server = ChatServer.start(gill, options)) {
      out.println("The chat is at " + server.address() + " (Ctrl-C ends it)");
      out.flush();
      if (open) {
        openBrowser(server.address());
      }
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    stop.countDown();
                    awaitQuietly(stopped);
                  }));
      stop.await();
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A courtesy: whoever has no desktop finds the address on the terminal. */
  private static void openBrowser(String address) {
    if (GraphicsEnvironment.isHeadless() || !Desktop.isDesktopSupported()) {
      return;
    }
    try {
      Desktop.getDesktop().browse(URI.create(address));
    } catch (IOException | UnsupportedOperationException e) {
      // The address is on the terminal already.
      return;
    }
  }
}
