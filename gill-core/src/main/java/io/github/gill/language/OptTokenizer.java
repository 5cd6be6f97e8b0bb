package io.github.gill.language;

import io.github.gill.ModelFileException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * GILL's tokenizer: GPT-2's byte-level BPE with OPT's vocabulary, {@code <|image|>} and {@code
 * [IMG0]…[IMGr-1]}.
 *
 * <p>{@code <|image|>} is a special token after the vocabulary, the {@code [IMG]} tokens are
 * ordinary ones behind it. Both are cut out of a text wherever they stand, and so are {@code </s>}
 * and {@code <pad>}; the white space around them stays. Texts of any length are encoded whole.
 *
 * <p>Thread-safe. The caller closes it; encoding later is an {@link IllegalStateException},
 * decoding needs no native memory and goes on working.
 */
public final class OptTokenizer implements AutoCloseable {

  private static final String PIPELINE =
      """
      {"normalizer": null,
       "pre_tokenizer":
         {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
       "post_processor": null,
       "decoder":
         {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model":
         {"type": "BPE", "dropout": null, "continuing_subword_prefix": "",
          "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false}}
      """;

  private static final String IMAGE = "<|image|>";

  static final int MOST_IMAGE_TOKENS = 1000;

  private final BytePairEncoder encoder;
  private final byte[] @Nullable [] pieces;
  private final int longestToken;
  private final int beginId;
  private final boolean addsBegin;
  private final int newlineId;
  private final int imageId;
  private final List<Integer> imageTokenIds;

  private OptTokenizer(TokenizerFiles files, int imageTokens) {
    List<AddedToken> more = new ArrayList<>();
    more.add(AddedToken.special(IMAGE));
    IntStream.range(0, imageTokens).forEach(i -> more.add(AddedToken.ordinary(imageToken(i))));
    encoder = new BytePairEncoder(files, PIPELINE, more);
    try {
      longestToken = encoder.longestToken();
      beginId = id(files, files.token("bos_token").orElse("</s>"));
      addsBegin =
          !files.config().has("add_bos_token")
              || files.config().get("add_bos_token").getAsBoolean();
      imageId = id(files, IMAGE);
      imageTokenIds =
          IntStream.range(0, imageTokens).mapToObj(i -> id(files, imageToken(i))).toList();
      @Nullable String[] tokens = encoder.visibleTokens();
      pieces = new byte[tokens.length][];
      for (int i = 0; i < pieces.length; i++) {
        String token = tokens[i];
        pieces[i] = token == null ? null : ByteLevel.bytes(token);
      }
      long[] newline = encoder.encode("\n");
      if (newline.length != 1) {
        throw new ModelFileException(
            files.source()
                + ": the vocabulary has no newline (\u010a); use the tokenizer of an OPT model");
      }
      newlineId = (int) newline[0];
    } catch (RuntimeException e) {
      encoder.close();
      throw e;
    }
  }

  private static String imageToken(int i) {
    return "[IMG" + i + "]";
  }

  private int id(TokenizerFiles files, String token) {
    return encoder
        .id(token)
        .orElseThrow(
            () ->
                new ModelFileException(
                    files.source()
                        + ": the vocabulary lacks "
                        + token
                        + ", which begins every text; use the tokenizer of an OPT model"));
  }

  /**
   * Builds the tokenizer of a language model's folder.
   *
   * @param folder holds {@code vocab.json} and {@code merges.txt}, or {@code tokenizer.json};
   *     besides, where present, {@code tokenizer_config.json}, {@code special_tokens_map.json} and
   *     {@code added_tokens.json}
   * @param imageTokens r, how many {@code [IMG]} tokens to add, at least 1; 8 in the released model
   * @return the tokenizer
   * @throws ModelFileException if there is no tokenizer or a file is damaged
   * @throws io.github.gill.EngineFailureException if the native library does not load
   */
  public static OptTokenizer read(Path folder, int imageTokens) {
    if (imageTokens < 1 || imageTokens > MOST_IMAGE_TOKENS) {
      throw new IllegalArgumentException(
          "imageTokens is " + imageTokens + "; use 1 to " + MOST_IMAGE_TOKENS);
    }
    return new OptTokenizer(TokenizerFiles.read(folder), imageTokens);
  }

  /**
   * Encodes a text.
   *
   * @param text any text, empty included; a lone surrogate counts as U+FFFD
   * @param bos whether {@code </s>} goes before it, as before a prompt's first text
   * @return token ids
   * @throws IllegalStateException if the tokenizer is closed
   */
  public long[] encode(String text, boolean bos) {
    long[] ids = encoder.encode(text);
    if (!bos || !addsBegin) {
      return ids;
    }
    long[] begun = new long[ids.length + 1];
    begun[0] = beginId;
    System.arraycopy(ids, 0, begun, 1, ids.length);
    return begun;
  }

  /**
   * Decodes tokens.
   *
   * @param ids token ids; special ones and ids without a token add nothing
   * @return the text, with U+FFFD for bytes that are no UTF-8
   */
  public String decode(long... ids) {
    return new String(bytes(ids), StandardCharsets.UTF_8);
  }

  /**
   * Starts decoding tokens one by one.
   *
   * @return a new decoder
   */
  public StreamingDecoder streamingDecoder() {
    return new StreamingDecoder(this);
  }

  byte[] bytes(long[] ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (long id : ids) {
      byte[] piece = id >= 0 && id < pieces.length ? pieces[(int) id] : null;
      if (piece != null) {
        bytes.writeBytes(piece);
      }
    }
    return bytes.toByteArray();
  }

  /**
   * Returns how many tokens there are.
   *
   * @return the vocabulary with {@code <|image|>} and the {@code [IMG]} tokens: the rows that the
   *     embedding matrix is resized to
   */
  public int size() {
    return encoder.size();
  }

  /**
   * Bounds how much text one token stands for.
   *
   * @return the length of the longest token in characters
   */
  public int longestToken() {
    return longestToken;
  }

  /**
   * Returns the id put before a prompt.
   *
   * @return the id of {@code bos_token}, {@code </s>} unless the files say otherwise
   */
  public int beginId() {
    return beginId;
  }

  /**
   * Returns the id at which answers are cut.
   *
   * @return the id of a newline
   */
  public int newlineId() {
    return newlineId;
  }

  /**
   * Returns the id of the special image token.
   *
   * @return the id of {@code <|image|>}
   */
  public int imageId() {
    return imageId;
  }

  /**
   * Returns the ids of the tokens that stand for an image in an answer.
   *
   * @return r ids, of {@code [IMG0]} to {@code [IMGr-1]}
   */
  public List<Integer> imageTokenIds() {
    return imageTokenIds;
  }

  /** Frees the native tokenizer. Does nothing the second time. */
  @Override
  public void close() {
    encoder.close();
  }
}
