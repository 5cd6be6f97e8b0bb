package io.github.gill.examples.web;

import io.javalin.http.Context;
import io.javalin.http.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends to ask something.
 *
 * @param text the question
 * @param pictures pictures before it
 * @param refine the picture that drawing starts from
 * @param settings how to answer
 */
record Message(
    @Nullable String text,
    @Nullable List<PictureReference> pictures,
    @Nullable String refine,
    @Nullable ChatSettings settings) {

  private static final int LONGEST_TEXT = 4_000;
  private static final int MOST_PICTURES = 16;

  /**
   * A picture.
   *
   * @param picture the name of one that the conversation has
   * @param data a new one as a data URL
   */
  record PictureReference(@Nullable String picture, @Nullable String data) {}

  /** Reads JSON, or a form whose field {@code message} is JSON and whose files are pictures. */
  static Message read(Context request) {
    return request.isMultipartFormData()
        ? JsonBody.parse(formField(request), Message.class)
        : JsonBody.read(request, Message.class);
  }

  /** Reads the whole form, of which only this field may be missing. */
  private static @Nullable String formField(Context request) {
    try {
      return request.formParam("message");
    } catch (Exception e) { // Kotlin does not declare the ServletException it lets through.
      throw ApiException.ofForm(e);
    }
  }

  /** Keeps new pictures on the shelf and names all in order, files of the form last. */
  Exchange.Question question(Context request, PictureShelf shelf) {
    String asked = text == null ? "" : text.strip();
    if (asked.isEmpty()) {
      throw ApiException.badRequest("the question is empty; write a few words");
    }
    if (asked.length() > LONGEST_TEXT) {
      throw new ApiException(
          413,
          "too_large",
          "the question has " + asked.length() + " characters; " + LONGEST_TEXT + " are allowed");
    }
    List<UploadedFile> files =
        request.isMultipartFormData() ? request.uploadedFiles("picture") : List.of();
    List<PictureReference> references = pictures == null ? List.of() : pictures;
    if (references.size() + files.size() > MOST_PICTURES) {
      throw new ApiException(
          413, "too_large", "at most " + MOST_PICTURES + " pictures go with one question");
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < references.size(); i++) {
      names.add(keep("pictures[" + i + "]", references.get(i), shelf));
    }
    for (UploadedFile file : files) {
      names.add(keep(file, shelf));
    }
    if (refine != null) {
      shelf.png(refine);
    }
    return new Exchange.Question(asked, names, refine);
  }

  private static String keep(
      String place, @Nullable PictureReference reference, PictureShelf shelf) {
    if (reference != null && reference.data() != null) {
      return shelf.upload(DataUrl.decode(reference.data()));
    }
    if (reference == null || reference.picture() == null) {
      throw ApiException.badRequest(
          place + " is " + (reference == null ? "null" : "empty") + "; give picture or data");
    }
    shelf.png(reference.picture());
    return reference.picture();
  }

  private static String keep(UploadedFile file, PictureShelf shelf) {
    try (InputStream content = file.content()) {
      return shelf.upload(content.readAllBytes());
    } catch (IOException e) {
      throw ApiException.badRequest("an upload broke off: " + e.getMessage());
    }
  }

  ChatSettings completeSettings() {
    return (settings == null ? ChatSettings.NONE : settings).complete();
  }
}
