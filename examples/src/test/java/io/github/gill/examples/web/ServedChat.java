package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.Gill;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** A running server on the fixture's random weights, and a client of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ServedChat {

  final HttpClient http = HttpClient.newHttpClient();
  private Gill gill;
  ChatServer server;

  @BeforeAll
  void start() {
    gill = Gill.builder().model(TestModel.MICRO).build();
    ServerOptions d = ServerOptions.DEFAULTS;
    server =
        ChatServer.start(
            gill,
            new ServerOptions(
                d.host(),
                0,
                Set.of("MyBox.local"),
                4,
                3,
                100_000,
                200_000,
                1_000_000,
                8 << 20,
                40,
                d.expiry()));
  }

  @AfterAll
  void stop() {
    server.close();
    gill.close();
  }

  final URI at(String path) {
    return URI.create(server.address()).resolve(path);
  }

  final HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(at(path)).timeout(Duration.ofSeconds(60));
    if (headers.length > 0) {
      request.headers(headers);
    }
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    return http.send(request.build(), BodyHandlers.ofString());
  }

  final JsonObject ok(String method, String path, String body) throws Exception {
    HttpResponse<String> response = send(method, path, body);
    assertEquals(2, response.statusCode() / 100, response.body());
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  final String refused(int status, String method, String path, String body) throws Exception {
    HttpResponse<String> response = send(method, path, body);
    assertEquals(status, response.statusCode(), response.body());
    return JsonParser.parseString(response.body())
        .getAsJsonObject()
        .getAsJsonObject("error")
        .get("message")
        .getAsString();
  }

  final String newChat() throws Exception {
    return "/api/conversations/" + ok("POST", "/api/conversations", "").get("id").getAsString();
  }

  final JsonObject ask(String chat, String text, String settings) throws Exception {
    ok("POST", chat + "/messages", "{\"text\":\"" + text + "\",\"settings\":" + settings + "}");
    return idle(chat);
  }

  final JsonObject idle(String chat) throws Exception {
    JsonObject view = ok("GET", chat, null);
    while (view.get("busy").getAsBoolean()) {
      Thread.sleep(20);
      view = ok("GET", chat, null);
    }
    return view;
  }

  static String png(int side) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    javax.imageio.ImageIO.write(
        new java.awt.image.BufferedImage(side, side, java.awt.image.BufferedImage.TYPE_INT_RGB),
        "png",
        bytes);
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /** Sends bytes as they are, ends the request there, and returns the whole answer. */
  final String exchange(String request) throws IOException {
    URI address = URI.create(server.address());
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
