package io.github.gill;

import io.github.gill.spi.Matrix;
import io.github.gill.vision.PictureReader;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns a prompt into the language model's input: text as token embeddings, every picture as k
 * visual tokens, joined in order (section 3.1 of the paper).
 */
final class PromptEncoder {

  private final ModelParts parts;

  PromptEncoder(ModelParts parts) {
    this.parts = parts;
  }

  /**
   * What the language model has still to read.
   *
   * @param embeddings T × E
   * @param lengths the number of rows of each part
   */
  record Encoded(Matrix embeddings, List<Integer> lengths) {}

  /**
   * Encodes what a conversation's cache does not cover, and the next turn.
   *
   * @throws LimitException before any network runs if the request is too large
   */
  Encoded encode(
      Conversation conversation, Prompt turn, AnswerSettings settings, RequestProgress progress) {
    List<PromptPart> all = new ArrayList<>(conversation.parts());
    all.addAll(turn.parts());
    checkRequest(all, settings);
    int cached = conversation.cachedParts();
    List<PromptPart> unread = all.subList(cached, all.size());
    boolean textBefore =
        all.subList(0, cached).stream().anyMatch(PromptPart.Text.class::isInstance);
    List<long @Nullable []> texts = tokenize(unread, !textBefore);
    int visualTokens = parts.prefix().tokens();
    List<Integer> lengths =
        texts.stream().map(ids -> ids == null ? visualTokens : ids.length).toList();
    int length = lengths.stream().mapToInt(Integer::intValue).sum();
    checkLength(length, conversation.cachedLength() + length, settings);
    List<BufferedImage> pictures = new ArrayList<>();
    for (PromptPart part : unread) {
      if (!(part instanceof PromptPart.Text)) {
        pictures.add(decode(part));
      }
    }

    int size = parts.languageModel().embeddingSize();
    float[] joined = new float[Math.multiplyExact(length, size)];
    int row = 0;
    int picture = 0;
    for (long @Nullable [] ids : texts) {
      progress.check();
      float[] rows =
          ids == null
              ? encodePicture(pictures.get(picture), picture++, progress)
              : ids.length == 0 ? new float[0] : parts.languageModel().embed(ids).values();
      System.arraycopy(rows, 0, joined, row * size, rows.length);
      row += rows.length / size;
    }
    return new Encoded(new Matrix(length, size, joined), lengths);
  }

  /** Reads a picture within the limits. */
  BufferedImage decode(PromptPart part) {
    Limits limits = parts.limits();
    if (part instanceof PromptPart.Image image) {
      return PictureReader.toRgb(image.image(), limits);
    }
    if (part instanceof PromptPart.ImageFile file) {
      return PictureReader.read(file.file(), limits);
    }
    if (part instanceof PromptPart.EncodedImage encoded) {
      return PictureReader.read(encoded.bytes(), limits);
    }
    throw new IllegalArgumentException("the part is a text, not a picture");
  }

  /** Checks pictures in and out against the limits and the model's parts. */
  void checkRequest(List<PromptPart> all, AnswerSettings settings) {
    Limits limits = parts.limits();
    long images = all.stream().filter(part -> !(part instanceof PromptPart.Text)).count();
    check("pictures in the prompt", images, limits.promptImages());
    checkPictures(
        (long) settings.decoding().maxImages() * settings.imagesPerSlot(), settings.diffusion());
    if (settings.decision() == DecisionMode.GENERATE && !parts.canGenerate()) {
      throw new UnsupportedRequestException(
          "the request wants a generated picture, but "
              + parts.whyNoGenerator()
              + "; or ask for decision auto or retrieve");
    }
    if (settings.decision() == DecisionMode.RETRIEVE && !parts.canRetrieve()) {
      throw new UnsupportedRequestException(
          "the request wants a retrieved picture, but "
              + parts.whyNoRetriever()
              + "; or ask for decision auto or generate");
    }
  }

  /** Checks what drawing is asked for. */
  void checkPictures(long count, DiffusionSettings settings) {
    check("pictures in the answer", count, parts.limits().pictures());
    check("steps", settings.steps(), parts.limits().steps());
    checkSide("height", settings.height());
    checkSide("width", settings.width());
  }

  private void checkSide(String name, @Nullable Integer pixels) {
    if (pixels != null) {
      check(name + " in pixels", pixels, parts.limits().pictureSide());
    }
  }

  private void checkLength(int unread, int length, AnswerSettings settings) {
    if (unread == 0) {
      throw new IllegalArgumentException("the prompt is empty; give it a text or a picture");
    }
    check("prompt tokens", length, parts.limits().promptTokens());
    int positions = parts.languageModel().positions();
    if (length + settings.decoding().numWords() > positions) {
      throw new LimitException(
          "the prompt has "
              + length
              + " tokens and the answer may have "
              + settings.decoding().numWords()
              + " words, the language model takes "
              + positions
              + " together; shorten the prompt or lower numWords");
    }
  }

  private static void check(String what, long found, long allowed) {
    if (found > allowed) {
      throw new LimitException(
          what
              + ": "
              + found
              + " asked for, "
              + allowed
              + " allowed; ask for less or raise Limits");
    }
  }

  /** Token ids of each part; null stands for a picture. The first text alone begins with BOS. */
  private List<long @Nullable []> tokenize(List<PromptPart> unread, boolean begin) {
    List<long @Nullable []> texts = new ArrayList<>();
    boolean first = begin;
    long most = (long) parts.limits().promptTokens() * parts.tokenizer().longestToken();
    long characters = 0;
    for (PromptPart part : unread) {
      if (part instanceof PromptPart.Text text) {
        // Encoding takes a hundred bytes of native memory for each character.
        characters += text.text().length();
        check("characters in the prompt", characters, most);
        texts.add(parts.tokenizer().encode(text.text(), first));
        first = false;
      } else {
        texts.add(null);
      }
    }
    return texts;
  }

  private float[] encodePicture(BufferedImage picture, int index, RequestProgress progress) {
    float[] pixels = parts.preprocessor().pixelValues(picture);
    Matrix pooled = parts.vision().pooled(pixels);
    Matrix tokens = parts.prefix().tokens(pooled);
    if (progress.tracing()) {
      int side = parts.vision().config().side();
      String name = "prompt_image" + index;
      progress.trace(name + ".pixel_values", pixels, 3, side, side);
      progress.trace(name + ".pooled", pooled.values(), pooled.columns());
      progress.trace(name + ".visual_tokens", tokens.values(), tokens.rows(), tokens.columns());
    }
    return tokens.values();
  }
}
