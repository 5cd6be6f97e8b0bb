package io.github.gill.examples.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.gill.Answer;
import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.PendingAnswer;
import io.github.gill.vision.PngWriter;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The routes under {@code /v1}, in the form of OpenAI's API, so that its client libraries work.
 *
 * <p>Clients take a message's {@code content} for text, so an answer's pictures are in {@code
 * message.images}, or one by one in {@code delta.images} of a stream.
 */
final class OpenAiApi {

  private static final String MODEL = "gill";

  /** How long a stream waits for its answer to begin before it begins itself. */
  private static final int BEGIN_SECONDS = 5;

  private final Gill gill;
  private final WaitingLine line;

  OpenAiApi(Gill gill, WaitingLine line) {
    this.gill = gill;
    this.line = line;
  }

  void addTo(RoutesConfig routes) {
    routes.get("/v1/models", this::models);
    routes.post("/v1/chat/completions", this::complete);
    routes.post("/v1/images/generations", this::generate);
  }

  private void models(Context request) {
    ChatApi.json(
        request,
        Map.of(
            "object",
            "list",
            "data",
            List.of(Map.of("id", MODEL, "object", "model", "created", 0, "owned_by", MODEL))));
  }

  private void complete(Context request) throws IOException {
    CompletionRequest wanted = CompletionRequest.of(JsonBody.read(request, JsonObject.class));
    if (wanted.stream()) {
      stream(request, wanted);
      return;
    }
    AnswerEnding ending = new AnswerEnding(event -> {});
    WaitingLine.Joined<PendingAnswer> joined = join(request, wanted, ending);
    try {
      Answer answer = joined.work().join();
      ChatApi.json(request, completion(answer, ending.reason(answer)));
    } finally {
      joined.place().leave();
    }
  }

  private WaitingLine.Joined<PendingAnswer> join(
      Context request, CompletionRequest wanted, Consumer<AnswerEvent> listener) {
    return line.join(
        request.req().getRemoteAddr(),
        position -> {},
        () -> gill.submit(wanted.prompt(), wanted.settings(), listener));
  }

  private static JsonObject completion(Answer answer, String reason) {
    JsonObject message = new JsonObject();
    message.addProperty("role", "assistant");
    message.addProperty("content", answer.text().strip());
    JsonArray pictures = new JsonArray();
    for (AnswerPart.Image image : answer.images()) {
      JsonObject picture = picture(image);
      if (picture != null) {
        pictures.add(picture);
      }
    }
    if (!pictures.isEmpty()) {
      message.add("images", pictures);
    }
    JsonObject choice = new JsonObject();
    choice.addProperty("index", 0);
    choice.add("message", message);
    choice.addProperty("finish_reason", reason);
    JsonObject body = envelope("chat.completion", PictureShelf.newName());
    body.add("choices", list(choice));
    return body;
  }

  private static @Nullable JsonObject picture(AnswerPart.Image image) {
    BufferedImage shown = image.shown();
    if (shown == null) {
      return null;
    }
    JsonObject url = new JsonObject();
    url.addProperty("url", DataUrl.encode(PngWriter.encode(shown, Map.of())));
    JsonObject picture = new JsonObject();
    picture.addProperty("type", "image_url");
    picture.add("image_url", url);
    return picture;
  }

  private void stream(Context request, CompletionRequest wanted) throws IOException {
    EventStream stream = new EventStream();
    String id = PictureShelf.newName();
    JsonObject first = new JsonObject();
    first.addProperty("role", "assistant");
    first.addProperty("content", "");
    CompletableFuture<AnswerEvent> begun = new CompletableFuture<>();
    AnswerEnding ending =
        new AnswerEnding(
            event -> {
              begun.complete(event);
              tell(stream, id, event);
            });
    WaitingLine.Joined<PendingAnswer> joined = join(request, wanted, ending);
    stream.send(chunk(id, first, null));
    joined
        .work()
        .completion()
        .whenCompleteAsync(
            (answer, failure) -> {
              joined.place().leave();
              if (failure == null) {
                stream.send(chunk(id, new JsonObject(), ending.reason(answer)));
                stream.send("[DONE]");
              } else {
                stream.send(error(ApiException.of(failure)).toString());
              }
              stream.finish();
            });
    try {
      awaitBegin(begun, joined.work());
      request.disableCompression();
      request.res().setContentType("text/event-stream");
      stream.writeTo(request.res().getOutputStream());
    } finally {
      joined.work().cancel();
    }
  }

  /** Lets a request that is refused at once fail with its own status instead of in the stream. */
  private static void awaitBegin(CompletableFuture<AnswerEvent> begun, PendingAnswer work) {
    var unused =
        CompletableFuture.anyOf(begun, work.completion().toCompletableFuture())
            .completeOnTimeout(null, BEGIN_SECONDS, TimeUnit.SECONDS)
            .join();
  }

  private static void tell(EventStream stream, String id, AnswerEvent event) {
    JsonObject delta = new JsonObject();
    if (event instanceof AnswerEvent.Token token && !token.text().isEmpty()) {
      delta.addProperty("content", token.text());
    } else if (event instanceof AnswerEvent.Part part
        && part.part() instanceof AnswerPart.Image image) {
      JsonObject picture = picture(image);
      if (picture != null) {
        delta.add("images", list(picture));
      }
    }
    if (!delta.isEmpty()) {
      stream.send(chunk(id, delta, null));
    }
  }

  private static String chunk(String id, JsonObject delta, @Nullable String reason) {
    JsonObject choice = new JsonObject();
    choice.addProperty("index", 0);
    choice.add("delta", delta);
    if (reason != null) {
      choice.addProperty("finish_reason", reason);
    }
    JsonObject body = envelope("chat.completion.chunk", id);
    body.add("choices", list(choice));
    return body.toString();
  }

  private static JsonObject envelope(String object, String id) {
    JsonObject body = new JsonObject();
    body.addProperty("id", "chatcmpl-" + id);
    body.addProperty("object", object);
    body.addProperty("created", Instant.now().getEpochSecond());
    body.addProperty("model", MODEL);
    return body;
  }

  private static JsonArray list(JsonObject only) {
    JsonArray list = new JsonArray();
    list.add(only);
    return list;
  }

  private void generate(Context request) {
    JsonObject wanted = JsonBody.read(request, JsonObject.class);
    String prompt = CompletionRequest.text(wanted, "prompt");
    String format = CompletionRequest.text(wanted, "response_format");
    if (prompt == null || prompt.isBlank()) {
      throw ApiException.badRequest("prompt is empty; say what to draw");
    }
    if (format != null && !format.equals("b64_json")) {
      throw ApiException.badRequest("response_format is \"" + format + "\"; use b64_json");
    }
    DiffusionSettings settings = CompletionRequest.drawing(wanted);
    int count = (int) CompletionRequest.whole(wanted, "n", 1, 1, 4);
    var joined = line.join(request.req().getRemoteAddr(), position -> {}, () -> MODEL);
    try {
      JsonArray data = new JsonArray();
      for (AnswerPart.Generated drawn : gill.draw(prompt, settings, null, count)) {
        JsonObject one = new JsonObject();
        if (drawn.image() != null) {
          byte[] png = PngWriter.encode(drawn.image(), Map.of());
          one.addProperty("b64_json", Base64.getEncoder().encodeToString(png));
        }
        one.addProperty("flagged", drawn.flagged());
        data.add(one);
      }
      JsonObject body = new JsonObject();
      body.addProperty("created", Instant.now().getEpochSecond());
      body.add("data", data);
      ChatApi.json(request, body);
    } finally {
      joined.place().leave();
    }
  }

  /** What {@code /v1} says when something is wrong. */
  static JsonObject error(ApiException e) {
    JsonObject error = new JsonObject();
    error.addProperty("message", e.text());
    error.addProperty(
        "type",
        e.status() >= 500
            ? "server_error"
            : e.status() == 429 ? "rate_limit_error" : "invalid_request_error");
    error.addProperty("code", e.code());
    JsonObject body = new JsonObject();
    body.add("error", error);
    return body;
  }
}
