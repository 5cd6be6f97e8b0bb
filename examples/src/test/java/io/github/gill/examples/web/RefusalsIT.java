package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that are wrong, over real HTTP: each is told what is wrong, and nothing stays of it. */
@Timeout(120)
class RefusalsIT extends ServedChat {

  private static final String IMPORT = "/api/conversations/import";
  private static final String COMPLETE = "/v1/chat/completions";

  private String request(String path, String headers, String body) {
    return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n\r\n" + body;
  }

  private static void assertSays(String answer, int status, String message) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
    assertTrue(answer.contains("\r\nContent-Type: application/json\r\n"), answer);
    assertTrue(answer.contains(message), answer);
    assertFalse(answer.contains("Jetty"), answer);
  }

  private String form(String message, int fileBytes) {
    String body =
        "--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n"
            + message
            + "\r\n--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a\"\r\n\r\n"
            + "x".repeat(fileBytes)
            + "\r\n--b--\r\n";
    return "Content-Type: multipart/form-data; boundary=b\r\nConnection: close\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  @Test
  void namesThePictureThatIsNone() throws Exception {
    String messages = newChat() + "/messages";
    String good = "{\"data\":\"" + png(8) + "\"}";
    assertEquals(
        "pictures[1] is null; give picture or data",
        refused(400, "POST", messages, "{\"text\":\"a\",\"pictures\":[" + good + ",null]}"));
    assertEquals(
        "pictures[0] is empty; give picture or data",
        refused(400, "POST", messages, "{\"text\":\"a\",\"pictures\":[{}]}"));
  }

  @Test
  void blamesTheClientForABrokenForm() throws Exception {
    String messages = newChat() + "/messages";
    String close = "Connection: close\r\nContent-Length: 2\r\nContent-Type: multipart/form-data";
    assertSays(exchange(request(messages, close, "xx")), 400, "needs a boundary");
    assertSays(exchange(request(messages, close + "; boundary=b", "xx")), 400, "not understood");
    assertSays(
        exchange("POST " + messages + " HTTP/1.1\r\nHost: localhost\r\n" + form("{}", 200_001)),
        413,
        "200000 bytes are allowed");
  }

  @Test
  void toleratesAClientThatBreaksOff() throws Exception {
    String messages = newChat() + "/messages";
    assertSays(exchange(request(messages, "Content-Length: 99", "{\"te")), 400, "broke off");
  }

  @Test
  void refusesABodyByItsDeclaredLength() throws Exception {
    String messages = newChat() + "/messages";
    assertSays(exchange(request(messages, "Content-Length: 68000000", "{")), 413, "67108864 bytes");
    // No more than a byte too much: a server that hangs up on unread bytes resets the connection.
    String spaces = "100000\r\n" + " ".repeat(1 << 20) + "\r\n";
    String body = spaces.repeat(64) + "1\r\n \r\n0\r\n\r\n";
    assertSays(
        exchange(request(messages, "Transfer-Encoding: chunked", body)), 413, "67108864 bytes");
  }

  private static String file(String settings, String part) {
    return "{\"format\":\"gill-conversation-1\",\"exchanges\":[{\"question\":{\"text\":\"a\","
        + "\"pictures\":[]},\"settings\":"
        + settings
        + ",\"parts\":[{"
        + part
        + "}]}]}";
  }

  @Test
  void importsNothingOfAWrongFile() throws Exception {
    int before = ok("GET", "/api/status", null).get("conversations").getAsInt();
    String none = "\"decision\":\"same\"";
    String[][] wrong = {
      {file("{}", none + ",\"probabilities\":{\"generate\":NaN}"), "probabilities.generate"},
      {file("{}", none + ",\"probabilities\":{\"generate\":1.5}"), "is 1.5; use 0 to 1"},
      {file("{}", none + ",\"candidates\":[{\"kind\":\"generated\",\"score\":1e99}]"), "32 bits"},
      {file("{}", "\"decision\":\"zzz\""), "use generate, retrieve, same or forced"},
      {file("{\"scheduler\":\"zz\"}", none), "scheduler is \"zz\"; use one of [pndm"},
      {file("{\"strength\":99}", none), "use above 0 to 1"},
    };
    for (String[] each : wrong) {
      String message = refused(400, "POST", IMPORT, each[0]);
      assertTrue(message.contains(each[1]), message);
      assertFalse(message.contains("Gson"), message);
    }
    assertEquals(before, ok("GET", "/api/status", null).get("conversations").getAsInt());
    JsonObject view = ok("POST", IMPORT, file("{}", none));
    assertEquals(1, view.getAsJsonArray("exchanges").size());
  }

  @Test
  void refusesALongPromptBeforeItsStreamBegins() throws Exception {
    String body =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(3000) + "\"}]";
    String whole = refused(413, "POST", COMPLETE, body + "}");
    assertEquals(whole, refused(413, "POST", COMPLETE, body + ",\"stream\":true}"));
  }

  @Test
  void takesAnySeedOfSixtyFourBits() throws Exception {
    String body =
        "{\"max_tokens\":2,\"image_frequency\":0,\"temperature\":1,\"seed\":%s,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
    for (long seed : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertTrue(ok("POST", COMPLETE, body.formatted(seed)).has("choices"));
    }
  }

  @Test
  void saysWhatJettyRefusesInItsOwnForm() throws Exception {
    String end = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (String path : List.of("/../../etc/passwd", "/%00", "/%ff")) {
      assertSays(exchange("GET " + path + end), 400, "not understood");
    }
    assertSays(exchange("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, "not understood");
    assertSays(exchange("GET /" + "a".repeat(20_000) + end), 414, "URI Too Long");
  }

  @Test
  void namesTheMethodsOfAPath() throws Exception {
    HttpResponse<String> put = send("PUT", "/api/status", "{}");
    assertEquals(405, put.statusCode());
    assertEquals("GET", put.headers().firstValue("Allow").orElseThrow());
    assertTrue(put.body().contains("PUT is not for this path; use GET"), put.body());
    assertEquals("there is nothing at /nowhere", refused(404, "GET", "/nowhere", null));
    assertEquals(
        send("GET", "/", null).headers().firstValue("Content-Type"),
        send("HEAD", "/", null).headers().firstValue("Content-Type"));
  }
}
