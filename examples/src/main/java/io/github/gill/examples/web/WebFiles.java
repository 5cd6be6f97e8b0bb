package io.github.gill.examples.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The front end's files: a fixed list out of the jar, so no path of a request reaches a disk. */
final class WebFiles {

  @SuppressWarnings("ArrayRecordComponent") // Written to responses, never changed.
  private record WebFile(String type, byte[] content) {}

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "json", "application/json");

  private static final String[] NAMES = {
    "index.html",
    "style.css",
    "app.js",
    "api.js",
    "conversation.js",
    "composer.js",
    "settings.js",
    "snapshot.js",
    "examples.json",
    "icon.svg",
    "openapi.json"
  };

  private final Map<String, WebFile> files = new LinkedHashMap<>();

  WebFiles() {
    for (String name : NAMES) {
      String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
      files.put("/" + name, new WebFile(String.valueOf(type), read(name)));
    }
    files.put("/", files.get("/index.html"));
  }

  Iterable<String> paths() {
    return files.keySet();
  }

  void serve(Context request) {
    WebFile file = files.get(request.path());
    if (file == null) {
      throw ApiException.notFound("there is no page " + request.path());
    }
    request.header("Cache-Control", "no-cache");
    request.contentType(file.type).result(file.content);
  }

  private static byte[] read(String name) {
    try (InputStream in = WebFiles.class.getResourceAsStream("/web/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks web/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("web/" + name + " cannot be read", e);
    }
  }
}
