package io.github.gill.examples.web;

import io.github.gill.BusyException;
import io.github.gill.GillException;
import io.github.gill.LimitException;
import io.github.gill.PictureException;
import io.github.gill.RetrievalException;
import io.github.gill.UnsupportedRequestException;
import io.javalin.http.HttpResponseException;

/** A refusal with its HTTP status and a word that programs can act on. */
final class ApiException extends RuntimeException {

  private static final long serialVersionUID = 1L;

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

  /** Says in HTTP's terms what went wrong. */
  static ApiException of(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
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
      return new ApiException(e.getStatus(), e.getStatus() == 413 ? "too_large" : "http", message);
    }
    if (failure instanceof GillException) {
      return new ApiException(500, "failed", message);
    }
    return new ApiException(500, "failed", "the server failed; its log says why");
  }
}
