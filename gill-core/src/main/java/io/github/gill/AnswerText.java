package io.github.gill;

import io.github.gill.language.OptTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Cuts decoded tokens into pieces of text and places of pictures, as the original does. */
final class AnswerText {

  private AnswerText() {}

  /** A piece of text, or the place of a picture where {@code slot} is 0 or more. */
  record Piece(String text, int slot) {
    boolean isImage() {
      return slot >= 0;
    }
  }

  /**
   * Splits an answer.
   *
   * @param tokens what the decoder chose
   * @param tokenizer the tokenizer
   * @param images how many groups have states; later groups are left out
   */
  static List<Piece> split(List<Integer> tokens, OptTokenizer tokenizer, int images) {
    List<Integer> kept = cutAtNewline(tokens, tokenizer.newlineId());
    List<Integer> imageTokens = tokenizer.imageTokenIds();
    List<Piece> pieces = new ArrayList<>();
    List<Long> text = new ArrayList<>();
    int slot = 0;
    for (int token : kept) {
      if (token == imageTokens.get(0) && slot < images) {
        addText(pieces, text, tokenizer);
        pieces.add(new Piece("", slot++));
      } else if (!imageTokens.contains(token)) {
        text.add((long) token);
      }
    }
    addText(pieces, text, tokenizer);
    return pieces;
  }

  /** An answer as the original's demo keeps it in the history. */
  static PromptPart asHistory(List<AnswerPart> parts, OptTokenizer tokenizer) {
    String images =
        tokenizer.decode(tokenizer.imageTokenIds().stream().mapToLong(id -> id).toArray());
    String text =
        parts.stream()
            .map(part -> part instanceof AnswerPart.Text t ? t.text() : " " + images)
            .collect(Collectors.joining());
    return new PromptPart.Text(text + "\n");
  }

  /** Keeps what comes before the first newline, unless that is the very first token. */
  static List<Integer> cutAtNewline(List<Integer> tokens, int newline) {
    int at = tokens.indexOf(newline);
    return at > 0 ? tokens.subList(0, at) : tokens;
  }

  private static void addText(List<Piece> pieces, List<Long> tokens, OptTokenizer tokenizer) {
    long[] ids = tokens.stream().mapToLong(Long::longValue).toArray();
    tokens.clear();
    String text = truncate(tokenizer.decode(ids));
    if (!text.isEmpty()) {
      pieces.add(new Piece(text, -1));
    }
  }

  /**
   * Strips newlines at both ends and keeps up to and including the first newline or, where there is
   * none, the first full stop.
   */
  static String truncate(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && text.charAt(from) == '\n') {
      from++;
    }
    while (to > from && text.charAt(to - 1) == '\n') {
      to--;
    }
    String stripped = text.substring(from, to);
    int end = stripped.indexOf('\n') + 1;
    if (end == 0) {
      end = stripped.indexOf('.') + 1;
    }
    return end > 0 ? stripped.substring(0, end) : stripped;
  }
}
