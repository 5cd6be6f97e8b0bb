package io.github.gill.examples.web;

import io.github.gill.Gill;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the chat over HTTP. The engine belongs to the caller, who closes it after the server.
 *
 * <pre>{@code
 * try (Gill gill = Gill.builder().build();
 *     ChatServer server = ChatServer.start(gill, ServerOptions.DEFAULTS)) {
 *   System.out.println(server.address());
 *   Thread.sleep(Long.MAX_VALUE);
 * }
 * }</pre>
 */
public final class ChatServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ChatServer.class);

  /** A conversation with its pictures comes in as one file. */
  private static final long LARGEST_BODY = 64L << 20;

  private final ServerOptions options;
  private final RequestGuard guard;
  private final ClientRates rates;
  private final Chats chats;
  private final ChatApi api;
  private final OpenAiApi openAi;
  private final Javalin http;

  private ChatServer(Gill gill, ServerOptions options) {
    this.options = options;
    WaitingLine line = new WaitingLine(options.queue(), options.perClient());
    this.guard = new RequestGuard(options.host(), options.hostNames());
    this.rates = new ClientRates(options.requestsPerMinute(), System::nanoTime);
    this.chats = new Chats(gill, line, options);
    this.api = new ChatApi(chats, line, options, gill.guidance());
    this.openAi = new OpenAiApi(gill, line);
    this.http = Javalin.create(this::configure);
  }

  /**
   * Starts serving.
   *
   * @param gill the engine
   * @param options where and within which bounds
   * @return the running server
   */
  public static ChatServer start(Gill gill, ServerOptions options) {
    ChatServer server = new ChatServer(gill, options);
    server.http.start(options.host(), options.port());
    return server;
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.maxRequestSize = LARGEST_BODY;
    int uploadBytes = Math.toIntExact(options.uploadBytes());
    config.jetty.multipartConfig.maxFileSize(uploadBytes, SizeUnit.BYTES);
    config.jetty.multipartConfig.maxTotalRequestSize(LARGEST_BODY, SizeUnit.BYTES);
    // Uploads stay in memory: neither they nor their names reach the disk.
    config.jetty.multipartConfig.maxInMemoryFileSize((int) LARGEST_BODY, SizeUnit.BYTES);
    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
    config.routes.before(this::admit);
    config.routes.exception(Exception.class, this::refuse);
    config.routes.error(404, request -> explain(request, 404));
    api.addTo(config.routes);
    openAi.addTo(config.routes);
    WebFiles files = new WebFiles();
    for (String path : files.paths()) {
      config.routes.get(path, files::serve);
    }
  }

  private void admit(Context request) {
    RequestGuard.addHeaders(request.res(), request.path());
    guard.check(request.req());
    if (!request.req().getMethod().equals("GET")) {
      rates.count(request.req().getRemoteAddr());
    }
  }

  private void refuse(Exception failure, Context request) {
    ApiException problem = ApiException.of(failure);
    if (problem.status() >= 500 && !problem.code().equals("busy")) {
      LOG.warn("{} {} failed", request.req().getMethod(), request.path(), failure);
    }
    request.status(problem.status());
    if (problem.code().equals("busy") || problem.status() == 429) {
      request.header("Retry-After", "2");
    }
    boolean openAiRoute = request.path().startsWith("/v1/");
    ChatApi.json(request, openAiRoute ? OpenAiApi.error(problem) : ChatApi.error(problem));
  }

  private void explain(Context request, int status) {
    if (request.res().getContentType() == null
        || !request.res().getContentType().startsWith("application/json")) {
      refuse(ApiException.notFound("there is nothing at " + request.path()), request);
      request.status(status);
    }
  }

  /**
   * Lists what is served, for comparison with {@code openapi.json}.
   *
   * @return methods and paths such as {@code GET /api/status}
   */
  List<String> routes() {
    return http.unsafe.internalRouter.allHttpHandlers().stream()
        .map(entry -> entry.endpoint.method.name() + " " + entry.endpoint.path)
        .filter(route -> !route.startsWith("BEFORE"))
        .sorted()
        .toList();
  }

  /**
   * Returns where the chat is.
   *
   * @return an address for a browser on this machine
   */
  public String address() {
    String host = options.host();
    boolean any = host.equals("0.0.0.0") || host.equals("::");
    String name = any ? "127.0.0.1" : host.contains(":") ? "[" + host + "]" : host;
    return "http://" + name + ":" + http.port() + "/";
  }

  /** Ends every conversation and stops listening. */
  @Override
  public void close() {
    chats.close();
    http.stop();
  }
}
