package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The API over real HTTP, on the fixture's random weights. */
@Timeout(120)
class ChatServerIT extends ServedChat {

  private static String words(JsonObject view, int exchange) {
    return view.getAsJsonArray("exchanges").get(exchange).getAsJsonObject().get("parts").toString();
  }

  @Test
  void answersUndoesAndAnswersTheSameAgain() throws Exception {
    String chat = newChat();
    ask(chat, "one", "{\"words\":6,\"imageFrequency\":0}");
    String second = words(ask(chat, "two", "{\"words\":6,\"imageFrequency\":0}"), 1);
    assertEquals(1, ok("POST", chat + "/undo", "").getAsJsonArray("exchanges").size());
    assertEquals(second, words(ask(chat, "two", "{\"words\":6,\"imageFrequency\":0}"), 1));
    assertEquals(0, ok("POST", chat + "/reset", "").getAsJsonArray("exchanges").size());
    assertEquals("there is nothing to undo", refused(409, "POST", chat + "/undo", ""));
  }

  @Test
  void streamsWhatHappens() throws Exception {
    String chat = newChat();
    HttpResponse<InputStream> events =
        http.send(
            HttpRequest.newBuilder(at(chat + "/events")).build(), BodyHandlers.ofInputStream());
    ok(
        "POST",
        chat + "/messages",
        "{\"text\":\"hello\",\"settings\":{\"words\":5,\"imageFrequency\":0}}");
    List<String> names = new ArrayList<>();
    try (var lines =
        new java.io.BufferedReader(
            new java.io.InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
      while (!names.contains("finished")) {
        String line = lines.readLine();
        if (line.startsWith("event: ")) {
          names.add(line.substring(7));
        }
      }
    }
    assertEquals(List.of("conversation", "queued", "started"), names.subList(0, 3));
    assertTrue(names.contains("token"), names.toString());
    assertTrue(names.contains("part"), names.toString());
  }

  @Test
  void continuesAnExportedConversation() throws Exception {
    String chat = newChat();
    String png = png(8);
    ok(
        "POST",
        chat + "/messages",
        "{\"text\":\"what\",\"pictures\":[{\"data\":\""
            + png
            + "\"}],\"settings\":{\"words\":6,\"imageFrequency\":0}}");
    idle(chat);
    String file = send("GET", chat + "/export", null).body();
    String copy =
        "/api/conversations/"
            + ok("POST", "/api/conversations/import", file).get("id").getAsString();
    assertNotEquals(chat, copy);
    String settings = "{\"words\":6,\"imageFrequency\":0}";
    assertEquals(words(ask(chat, "next", settings), 1), words(ask(copy, "next", settings), 1));
    assertTrue(
        refused(400, "POST", "/api/conversations/import", "{\"format\":\"x\"}")
            .startsWith("the file is no conversation"));
  }

  @Test
  void refusesWhatIsTooLargeOrWrong() throws Exception {
    String chat = newChat();
    String picture = "{\"text\":\"what\",\"pictures\":[{\"data\":\"%s\"}]}";
    assertTrue(
        refused(413, "POST", chat + "/messages", picture.formatted(png(1200))).contains("1440000"));
    assertTrue(
        refused(400, "POST", chat + "/messages", picture.formatted("http://127.0.0.1/x"))
            .contains("data URL"));
    assertTrue(refused(400, "POST", chat + "/messages", "{\"text\":\" \"}").contains("empty"));
    assertTrue(refused(400, "POST", chat + "/messages", "{nonsense").contains("not understood"));
    assertTrue(
        refused(400, "POST", chat + "/messages", "{\"text\":\"x\",\"settings\":{\"words\":65}}")
            .contains("words is 65"));
    assertTrue(
        refused(404, "GET", "/api/conversations/nobody", null).contains("not here any more"));
    assertTrue(refused(404, "GET", chat + "/pictures/..%2f..%2fetc", null).contains("there is no"));
    assertTrue(
        refused(413, "POST", chat + "/messages", "{\"text\":\"" + "x".repeat(4001) + "\"}")
            .contains("4001"));
  }

  @Test
  void takesPicturesAsFilesAndForgetsTheirNames() throws Exception {
    String chat = newChat();
    byte[] file = Files.readAllBytes(TestModel.MICRO.resolve("images/003.png"));
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(
        "--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n{\"text\":\"x\",\"settings\":{\"words\":3}}\r\n"
            .getBytes(StandardCharsets.UTF_8));
    body.write(
        "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"../../evil.png\"\r\nContent-Type: image/png\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8));
    body.write(file);
    body.write("\r\n--b--\r\n".getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(at(chat + "/messages"))
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(BodyPublishers.ofByteArray(body.toByteArray()))
                .build(),
            BodyHandlers.ofString());
    assertEquals(202, response.statusCode(), response.body());
    assertFalse(response.body().contains("evil"));
    idle(chat);
    assertFalse(Files.exists(Path.of("../evil.png")));
  }

  @Test
  void keepsOtherSitesOut() throws Exception {
    for (String[] header :
        new String[][] {
          {"Origin", "http://evil.example"},
          {"Origin", "null"},
          {"Sec-Fetch-Site", "cross-site"},
          {"Sec-Fetch-Site", "same-site"}
        }) {
      assertEquals(403, send("POST", "/api/conversations", "", header).statusCode(), header[1]);
    }
    assertEquals(
        403,
        send("POST", "/v1/chat/completions", "{}", "Sec-Fetch-Site", "cross-site").statusCode());
    for (String host : List.of("mybox.local", "MYBOX.LOCAL:80", "127.0.0.1", "rebound.example")) {
      String answer =
          exchange("GET /api/status HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
      String status = host.equals("rebound.example") ? "HTTP/1.1 403" : "HTTP/1.1 200";
      assertTrue(answer.startsWith(status), host + ": " + answer);
    }
    String policy =
        send("GET", "/", null).headers().firstValue("Content-Security-Policy").orElseThrow();
    assertTrue(policy.contains("script-src 'self';"), policy);
  }

  @Test
  void documentsEveryRoute() throws Exception {
    JsonObject paths = ok("GET", "/openapi.json", null).getAsJsonObject("paths");
    Set<String> documented = new TreeSet<>();
    for (String path : paths.keySet()) {
      for (String method : paths.getAsJsonObject(path).keySet()) {
        if (!method.equals("parameters")) {
          documented.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path);
        }
      }
    }
    assertEquals(documented, new TreeSet<>(server.routes()));
  }

  @Test
  void completesChatsAsOpenAiDoes() throws Exception {
    String body =
        "{\"model\":\"gill\",\"max_tokens\":5,\"image_frequency\":0,\"messages\":[{\"role\":\"user\",\"content\":"
            + "[{\"type\":\"image_url\",\"image_url\":{\"url\":\""
            + png(16)
            + "\"}},{\"type\":\"text\",\"text\":\"What?\"}]}]";
    JsonObject whole = ok("POST", "/v1/chat/completions", body + "}");
    JsonObject choice = whole.getAsJsonArray("choices").get(0).getAsJsonObject();
    assertEquals("assistant", choice.getAsJsonObject("message").get("role").getAsString());
    String streamed = send("POST", "/v1/chat/completions", body + ",\"stream\":true}").body();
    assertTrue(streamed.startsWith("data: {"), streamed);
    assertTrue(streamed.endsWith("data: [DONE]\n\n"), streamed);
    assertEquals(
        "the last message must be the user's",
        refused(
            400,
            "POST",
            "/v1/chat/completions",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":\"hi\"}]}"));
    JsonArray models = ok("GET", "/v1/models", null).getAsJsonArray("data");
    assertEquals("gill", models.get(0).getAsJsonObject().get("id").getAsString());
  }

  /** 20 clients at once: every request is answered, or told clearly that the line is full. */
  @Test
  void staysClearUnderLoad() throws Exception {
    long seconds = Long.getLong("gill.load.seconds", 3);
    ExecutorService clients = Executors.newFixedThreadPool(20);
    List<Callable<int[]>> work = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String chat = newChat();
      work.add(
          () -> {
            int[] counts = new int[2];
            long until = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
            do {
              HttpResponse<String> sent =
                  send(
                      "POST",
                      chat + "/messages",
                      "{\"text\":\"hi\",\"settings\":{\"words\":4,\"imageFrequency\":0}}");
              if (sent.statusCode() == 202) {
                counts[0]++;
                JsonArray exchanges = idle(chat).getAsJsonArray("exchanges");
                assertEquals(
                    "done",
                    exchanges
                        .get(exchanges.size() - 1)
                        .getAsJsonObject()
                        .get("state")
                        .getAsString());
                ok("POST", chat + "/undo", "");
              } else {
                counts[1]++;
                assertTrue(Set.of(429, 503).contains(sent.statusCode()), sent.body());
                assertTrue(
                    sent.body().contains("\"busy\"")
                        && sent.headers().firstValue("Retry-After").isPresent(),
                    sent.body());
                Thread.sleep(50);
              }
            } while (System.nanoTime() < until);
            return counts;
          });
    }
    int answered = 0;
    int busy = 0;
    for (Future<int[]> client : clients.invokeAll(work)) {
      answered += client.get()[0];
      busy += client.get()[1];
    }
    clients.shutdown();
    assertTrue(answered > 0 && busy > 0, answered + " answered, " + busy + " busy");
    assertEquals(0, ok("GET", "/api/status", null).get("line").getAsInt());
  }
}
