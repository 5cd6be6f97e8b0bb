package io.github.gill.examples.web;

import io.github.gill.BusyException;
import io.github.gill.GillException;
import io.github.gill.LimitException;
import io.github.gill.PictureException;
import io.github.gill.RetrievalException;
import io.github.gill.UnsupportedRequestException;
import io.javalin.http.HttpResponseException;
import java.io.EOFException;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A refusal with its HTTP status and a word that programs can act on. */
final class ApiException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final Pattern FILE_TOO_LARGE = Pattern.compile("max file size exceeded: (\\d+)");

  private final int status;
  private final String code;

  ApiException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  /** The message, for people. */
  String text() {
    return String.valueOf(getMessage());
  }

  static ApiException badRequest(String message) {
    return new ApiException(400, "bad_request", message);
  }

  static ApiException notFound(String message) {
    return new ApiException(404, "not_found", message);
  }

  /** A body over {@link ChatServer#LARGEST_BODY}. */
  static ApiException bodyTooLarge() {
    return new ApiException(
        413,
        "too_large",
        "the request's body is too large; " + ChatServer.LARGEST_BODY + " bytes are allowed");
  }

  /**
   * Says what is wrong with a form.
   *
   * @param failure as Jetty throws it, causes inside
   */
  static ApiException ofForm(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      Matcher file = FILE_TOO_LARGE.matcher(message);
      if (file.find()) {
        return new ApiException(
            413,
            "too_large",
            "a picture of the form is too large; " + file.group(1) + " bytes are allowed");
      }
      if (message.contains("max length exceeded")) {
        return bodyTooLarge();
      }
    }
    return badRequest(
        "the form is not understood; multipart/form-data needs a boundary in its Content-Type and"
            + " parts that end with it");
  }

  /** Says in HTTP's terms what went wrong. */
  static ApiException of(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof CompletionException && failure.getCause() != null) {
      return of(failure.getCause());
    }
    if (failure instanceof ApiException e) {
      return e;
    }
    if (failure instanceof BusyException) {
      return new ApiException(503, "busy", message);
    }
    if (failure instanceof LimitException) {
      return new ApiException(413, "too_large", message);
    }
    if (failure instanceof PictureException) {
      return new ApiException(400, "bad_picture", message);
    }
    if (failure instanceof UnsupportedRequestException) {
      return new ApiException(422, "unsupported", message);
    }
    if (failure instanceof RetrievalException) {
      return new ApiException(404, "not_found", message);
    }
    if (failure instanceof IllegalArgumentException) {
      return badRequest(message);
    }
    if (failure instanceof HttpResponseException e) {
      return e.getStatus() == 413
          ? bodyTooLarge()
          : new ApiException(e.getStatus(), "http", message);
    }
    if (failure instanceof EOFException) {
      return badRequest("the request broke off");
    }
    if (failure instanceof GillException) {
      return new ApiException(500, "failed", message);
    }
    return new ApiException(500, "failed", "the server failed; its log says why");
  }
}
