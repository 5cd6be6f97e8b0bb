package io.github.gill.examples.web;

import io.github.gill.Gill;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.MethodNotAllowedResponse;
import io.javalin.router.EndpointNotFound;
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
  static final long LARGEST_BODY = 64L << 20;

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
    config.http.prefer405over404 = true;
    config.jetty.modifyServer(jetty -> jetty.setErrorHandler(new ErrorPages()));
    config.jetty.modifyServletContextHandler(context -> context.setErrorHandler(new ErrorPages()));
    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
    config.routes.before(this::admit);
    config.routes.exception(Exception.class, this::refuse);
    // Javalin has its own handler for these, which writes plain text.
    config.routes.exception(HttpResponseException.class, this::refuse);
    api.addTo(config.routes);
    openAi.addTo(config.routes);
    WebFiles files = new WebFiles();
    for (String path : files.paths()) {
      config.routes.get(path, files::serve);
      config.routes.head(path, files::serve);
    }
  }

  private void admit(Context request) {
    RequestGuard.addHeaders(request.res(), request.path());
    guard.check(request.req());
    if (request.req().getContentLengthLong() > LARGEST_BODY) {
      throw ApiException.bodyTooLarge();
    }
    if (!request.req().getMethod().equals("GET")) {
      rates.count(request.req().getRemoteAddr());
    }
  }

  private static ApiException problem(Exception failure, Context request) {
    if (failure instanceof EndpointNotFound) {
      return ApiException.notFound("there is nothing at " + request.path());
    }
    if (failure instanceof MethodNotAllowedResponse e) {
      String allowed = String.join(", ", e.getDetails().values());
      request.header("Allow", allowed);
      return new ApiException(
          405, "bad_method", request.req().getMethod() + " is not for this path; use " + allowed);
    }
    return ApiException.of(failure);
  }

  private void refuse(Exception failure, Context request) {
    ApiException problem = problem(failure, request);
    if (problem.status() >= 500 && !problem.code().equals("busy")) {
      LOG.warn("{} {} failed", request.req().getMethod(), request.path(), failure);
    } else {
      LOG.debug("{} refused with {}", request.req().getMethod(), problem.status());
    }
    request.status(problem.status());
    if (problem.code().equals("busy") || problem.status() == 429) {
      request.header("Retry-After", "2");
    }
    boolean openAiRoute = request.path().startsWith("/v1/");
    ChatApi.json(request, openAiRoute ? OpenAiApi.error(problem) : ChatApi.error(problem));
  }

  /**
   * Lists what is served, for comparison with {@code openapi.json}.
   *
   * @return methods and paths such as {@code GET /api/status}
   */
  List<String> routes() {
    return http.unsafe.internalRouter.allHttpHandlers().stream()
        .map(entry -> entry.endpoint.method.name() + " " + entry.endpoint.path)
        .filter(route -> !route.startsWith("BEFORE") && !route.startsWith("HEAD"))
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
