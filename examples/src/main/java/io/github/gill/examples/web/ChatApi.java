package io.github.gill.examples.web;

import com.google.gson.Gson;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The routes under {@code /api}: conversations, messages, events, pictures. */
final class ChatApi {

  private static final Gson JSON = new Gson();
  private static final int MOST_STREAMS = 200;

  private final Chats chats;
  private final WaitingLine line;
  private final ServerOptions options;
  private final double guidance;
  private final Semaphore streams = new Semaphore(MOST_STREAMS);

  ChatApi(Chats chats, WaitingLine line, ServerOptions options, double guidance) {
    this.chats = chats;
    this.line = line;
    this.options = options;
    this.guidance = guidance;
  }

  void addTo(RoutesConfig routes) {
    String chat = "/api/conversations/{id}";
    String picture = chat + "/exchanges/{exchange}/parts/{part}";
    routes.get("/api/status", this::status);
    routes.post("/api/conversations", this::create);
    routes.post("/api/conversations/import", this::importFile);
    routes.get(chat, request -> json(request, chat(request).view()));
    routes.delete(chat, this::delete);
    routes.post(chat + "/messages", this::send);
    routes.get(chat + "/events", this::events);
    routes.post(chat + "/stop", this::stop);
    routes.post(chat + "/undo", request -> json(request, chat(request).undo()));
    routes.post(chat + "/reset", request -> json(request, chat(request).reset()));
    routes.get(chat + "/export", this::export);
    routes.get(chat + "/pictures/{picture}", this::picture);
    routes.post(picture + "/redraw", this::redraw);
    routes.post(picture + "/choice", this::choose);
    routes.get(picture + "/candidates/{candidate}", this::candidate);
  }

  static void json(Context request, Object body) {
    request.contentType("application/json").result(JSON.toJson(body));
  }

  private Chat chat(Context request) {
    return chats.get(request.pathParam("id"));
  }

  private static int number(Context request, String name) {
    try {
      return Integer.parseInt(request.pathParam(name));
    } catch (NumberFormatException e) {
      throw ApiException.notFound(name + " is \"" + request.pathParam(name) + "\", not a number");
    }
  }

  private static String client(Context request) {
    return request.req().getRemoteAddr();
  }

  private void status(Context request) {
    json(
        request,
        Map.of(
            "line", line.length(),
            "capacity", options.queue(),
            "conversations", chats.size(),
            "uploadBytes", options.uploadBytes(),
            "uploadPixels", options.uploadPixels(),
            "guidance", guidance));
  }

  private void create(Context request) {
    request.status(201);
    json(request, chats.create().view());
  }

  private void importFile(Context request) {
    ConversationFile file = JsonBody.read(request, ConversationFile.class);
    request.status(201);
    json(request, chats.create(file::open).view());
  }

  private void delete(Context request) {
    chat(request);
    chats.remove(request.pathParam("id"));
    request.status(204);
  }

  private void send(Context request) {
    Chat chat = chat(request);
    Message message = Message.read(request);
    ChatSettings settings = message.completeSettings();
    Exchange.Question question = message.question(request, chat.shelf);
    request.status(202);
    json(request, chat.send(client(request), question, settings));
  }

  private void events(Context request) throws IOException {
    Chat chat = chat(request);
    if (!streams.tryAcquire()) {
      throw new ApiException(503, "busy", MOST_STREAMS + " listeners are connected; try later");
    }
    try {
      EventStream stream = chat.watch();
      request.disableCompression();
      request.res().setContentType("text/event-stream");
      request.res().setHeader("X-Accel-Buffering", "no");
      stream.writeTo(request.res().getOutputStream());
    } finally {
      streams.release();
    }
  }

  private void stop(Context request) {
    json(request, Map.of("stopped", chat(request).stop()));
  }

  private void export(Context request) {
    Chat chat = chat(request);
    request.header("Content-Disposition", "attachment; filename=\"conversation.gill.json\"");
    json(request, chat.<ConversationFile>read(all -> ConversationFile.of(all, chat.shelf)));
  }

  private void picture(Context request) {
    png(request, chat(request).shelf.png(request.pathParam("picture")));
  }

  private void candidate(Context request) {
    png(
        request,
        chat(request)
            .candidatePng(
                number(request, "exchange"),
                number(request, "part"),
                number(request, "candidate")));
  }

  private static void png(Context request, byte[] png) {
    request.header("Cache-Control", "private, max-age=86400, immutable");
    request.contentType("image/png").result(png);
  }

  /** What to do differently: settings, and the name of a picture to start from. */
  record Redraw(@Nullable ChatSettings settings, @Nullable String refine) {}

  private void redraw(Context request) {
    Redraw wish = JsonBody.read(request, Redraw.class);
    ChatSettings settings = wish.settings() == null ? ChatSettings.NONE : wish.settings();
    request.status(202);
    json(
        request,
        chat(request)
            .redraw(
                client(request),
                number(request, "exchange"),
                number(request, "part"),
                settings,
                wish.refine()));
  }

  /** Which candidate to show. */
  record Choice(int candidate) {}

  private void choose(Context request) {
    Choice choice = JsonBody.read(request, Choice.class);
    json(
        request,
        chat(request)
            .choose(number(request, "exchange"), number(request, "part"), choice.candidate()));
  }

  /** What {@code /api} says when something is wrong. */
  static Map<String, Object> error(ApiException e) {
    return Map.of("error", Map.of("code", e.code(), "message", e.text()));
  }
}
