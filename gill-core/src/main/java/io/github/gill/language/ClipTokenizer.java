package io.github.gill.language;

import io.github.gill.ModelFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The tokenizer of CLIP's text encoder: lower-cased byte-level BPE whose words end in {@code </w>}.
 *
 * <p>White space is folded, Unicode composed (NFC) and letters lower-cased before encoding, as the
 * reference does without its optional ftfy. Thread-safe. The caller closes it; using it later is an
 * {@link IllegalStateException}.
 */
public final class ClipTokenizer implements AutoCloseable {

  private static final String PIPELINE =
      """
      {"normalizer": {"type": "Sequence", "normalizers": [
         {"type": "NFC"},
         {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "},
         {"type": "Lowercase"}]},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
         {"type": "Split", "behavior": "Removed", "invert": true, "pattern": {"Regex":
           "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"}},
         {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
          "use_regex": true}]},
       "post_processor": null,
       "decoder":
         {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model":
         {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
          "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false}}
      """;

  /** Hundreds of characters for each token that is kept. */
  private static final int LONGEST_TEXT = 1 << 16;

  private static final String BEGIN = "<|startoftext|>";
  private static final String END = "<|endoftext|>";

  private final BytePairEncoder encoder;
  private final int beginId;
  private final int endId;
  private final int padId;

  private ClipTokenizer(TokenizerFiles files) {
    String begin = files.token("bos_token").orElse(BEGIN);
    String end = files.token("eos_token").orElse(END);
    String pad = files.token("pad_token").orElse(END);
    for (String token : List.of(begin, end, pad)) {
      if (!files.vocabulary().containsKey(token)) {
        throw new ModelFileException(
            files.source()
                + ": the vocabulary lacks "
                + token
                + "; use the tokenizer of a CLIP text encoder");
      }
    }
    List<AddedToken> more =
        List.of(AddedToken.special(begin), AddedToken.special(end), AddedToken.special(pad));
    encoder = new BytePairEncoder(files, PIPELINE, more);
    beginId = encoder.id(begin).orElseThrow();
    endId = encoder.id(end).orElseThrow();
    padId = encoder.id(pad).orElseThrow();
  }

  /**
   * Builds the tokenizer of a text encoder's folder.
   *
   * @param folder holds {@code vocab.json} and {@code merges.txt}, or {@code tokenizer.json};
   *     besides, where present, {@code tokenizer_config.json} and {@code special_tokens_map.json}
   * @return the tokenizer
   * @throws ModelFileException if there is no tokenizer or a file is damaged
   * @throws io.github.gill.EngineFailureException if the native library does not load
   */
  public static ClipTokenizer read(Path folder) {
    return new ClipTokenizer(TokenizerFiles.read(folder));
  }

  /**
   * Encodes a text to a fixed length.
   *
   * @param text any text; what does not fit is cut off
   * @param length how many ids to return, at least 2; 77 in released models
   * @return the begin token, the text, the end token, then padding: the end token again in Stable
   *     Diffusion 1.x, {@code !} (id 0) in 2.x
   * @throws IllegalStateException if the tokenizer is closed
   */
  public long[] encode(String text, int length) {
    if (length < 2) {
      throw new IllegalArgumentException(
          "length is " + length + "; a text has at least its begin and end token, use 2 or more");
    }
    long[] ids = encoder.encode(text.substring(0, Math.min(text.length(), LONGEST_TEXT)));
    int kept = Math.min(ids.length, length - 2);
    long[] padded = new long[length];
    Arrays.fill(padded, padId);
    padded[0] = beginId;
    System.arraycopy(ids, 0, padded, 1, kept);
    padded[kept + 1] = endId;
    return padded;
  }

  /**
   * Returns how many tokens there are.
   *
   * @return the vocabulary's size, added tokens included
   */
  public int size() {
    return encoder.size();
  }

  /**
   * Returns the id of the end token, at whose position CLIP pools a text.
   *
   * @return the id of {@code eos_token}
   */
  public int endId() {
    return endId;
  }

  /** Frees the native tokenizer. Does nothing the second time. */
  @Override
  public void close() {
    encoder.close();
  }
}
