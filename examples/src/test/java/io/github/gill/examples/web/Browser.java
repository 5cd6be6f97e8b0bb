package io.github.gill.examples.web;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium, driven over the Chrome DevTools Protocol. */
final class Browser implements AutoCloseable {

  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();

  /** The program to start, or null where there is none. */
  static Path find() {
    return Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  Browser(Path program, Path profile) throws Exception {
    process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolve("log").toFile())
            .start();
    try {
      Path ports = profile.resolve("DevToolsActivePort");
      await(
          "the browser's port", () -> Files.exists(ports) && Files.readAllLines(ports).size() == 2);
      String port = Files.readAllLines(ports).get(0);
      await("the browser's page", () -> page(port).isPresent());
      socket =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .buildAsync(page(port).orElseThrow(), new Listener())
              .get(60, TimeUnit.SECONDS);
      call("Page.enable", new JsonObject());
      call("Runtime.enable", new JsonObject());
    } catch (Exception | AssertionError e) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(Files.readString(profile.resolve("log")), e);
    }
  }

  /** Where the browser's first page takes commands. */
  private static Optional<URI> page(String port) throws IOException {
    try (InputStream list =
        URI.create("http://127.0.0.1:" + port + "/json/list").toURL().openStream()) {
      String pages = new String(list.readAllBytes(), StandardCharsets.UTF_8);
      return JsonParser.parseString(pages).getAsJsonArray().asList().stream()
          .map(target -> target.getAsJsonObject())
          .filter(target -> target.get("type").getAsString().equals("page"))
          .map(target -> URI.create(target.get("webSocketDebuggerUrl").getAsString()))
          .findFirst();
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
        text.setLength(0);
        if (message.has("id")) {
          answers.remove(message.get("id").getAsInt()).complete(message);
        }
      }
      from.request(1);
      return null;
    }
  }

  private JsonObject call(String method, JsonObject parameters) throws Exception {
    JsonObject message = new JsonObject();
    int id = ids.incrementAndGet();
    message.addProperty("id", id);
    message.addProperty("method", method);
    message.add("params", parameters);
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket.sendText(message.toString(), true).get(10, TimeUnit.SECONDS);
    JsonObject said = answer.get(60, TimeUnit.SECONDS);
    if (said.has("error")) {
      throw new IllegalStateException(method + ": " + said.get("error"));
    }
    return said.getAsJsonObject("result");
  }

  private static JsonObject object(Object... namesAndValues) {
    JsonObject object = new JsonObject();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      Object value = namesAndValues[i + 1];
      object.add(
          (String) namesAndValues[i],
          value instanceof Boolean b
              ? new JsonPrimitive(b)
              : value instanceof Number n
                  ? new JsonPrimitive(n)
                  : new JsonPrimitive(value.toString()));
    }
    return object;
  }

  void open(String address) throws Exception {
    call("Page.navigate", object("url", address));
    awaitTrue("document.readyState === 'complete'");
  }

  void size(int width, int height, boolean dark) throws Exception {
    call(
        "Emulation.setDeviceMetricsOverride",
        object("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    JsonObject feature = object("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
    JsonObject media = new JsonObject();
    com.google.gson.JsonArray features = new com.google.gson.JsonArray();
    features.add(feature);
    media.add("features", features);
    call("Emulation.setEmulatedMedia", media);
  }

  /** Evaluates JavaScript, waiting for promises, and returns the value as text. */
  String eval(String script) throws Exception {
    JsonObject result =
        call(
            "Runtime.evaluate",
            object(
                "expression",
                script,
                "awaitPromise",
                true,
                "returnByValue",
                true,
                "userGesture",
                true));
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(script + ": " + result.get("exceptionDetails"));
    }
    JsonObject value = result.getAsJsonObject("result");
    return value.has("value") && value.get("value").isJsonPrimitive()
        ? value.get("value").getAsString()
        : "undefined";
  }

  void awaitTrue(String script) throws Exception {
    await(script, () -> eval(script).equals("true"));
  }

  /** Types into the focused element. */
  void type(String text) throws Exception {
    call("Input.insertText", object("text", text));
  }

  void press(String key, int code, int modifiers) throws Exception {
    JsonObject event =
        object("type", "rawKeyDown", "key", key, "code", key, "windowsVirtualKeyCode", code);
    event.addProperty("modifiers", modifiers);
    if (key.equals("Enter")) {
      event.addProperty("type", "keyDown");
      event.addProperty("text", "\r");
    }
    call("Input.dispatchKeyEvent", event);
    event.addProperty("type", "keyUp");
    call("Input.dispatchKeyEvent", event);
  }

  /** Clicks an element that must be there. */
  void click(String selector) throws Exception {
    eval("document.querySelector(" + quote(selector) + ").click()");
  }

  void upload(String selector, Path file) throws Exception {
    JsonObject root = call("DOM.getDocument", new JsonObject()).getAsJsonObject("root");
    JsonObject node =
        call(
            "DOM.querySelector",
            object("nodeId", root.get("nodeId").getAsInt(), "selector", selector));
    JsonObject files = new JsonObject();
    com.google.gson.JsonArray names = new com.google.gson.JsonArray();
    // Chromium refuses paths with "..".
    names.add(file.toRealPath().toString());
    files.add("files", names);
    files.add("nodeId", node.get("nodeId"));
    call("DOM.setFileInputFiles", files);
  }

  void downloads(Path folder) throws Exception {
    call("Page.setDownloadBehavior", object("behavior", "allow", "downloadPath", folder));
  }

  void screenshot(Path file) throws Exception {
    Files.createDirectories(file.toAbsolutePath().getParent());
    String png = call("Page.captureScreenshot", object("format", "png")).get("data").getAsString();
    Files.write(file, Base64.getDecoder().decode(png));
  }

  static String quote(String text) {
    return new JsonPrimitive(text).toString();
  }

  /** A condition that may not be answerable yet. */
  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(String what, Condition condition) throws Exception {
    long until = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited two minutes for " + what);
      }
      Thread.sleep(50);
    }
  }

  @Override
  public void close() throws IOException {
    socket.abort();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
