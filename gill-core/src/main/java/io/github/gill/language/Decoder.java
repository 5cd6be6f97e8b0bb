package io.github.gill.language;

import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * GILL's decoding loop: tokens one by one, images as whole groups {@code [IMG0]…[IMGr]} (section
 * 3.2 of the paper).
 *
 * <p>Unlike the original, which runs the whole sequence again for every token, each step runs its
 * own positions on top of the cache; the numbers are the same.
 */
public final class Decoder {

  private final LanguageModel model;
  private final OptTokenizer tokenizer;

  /**
   * Makes a decoder.
   *
   * @param model the language model
   * @param tokenizer its tokenizer
   */
  public Decoder(LanguageModel model, OptTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /**
   * What was decoded.
   *
   * @param tokens every token chosen, groups written out, before any cut
   * @param imageStates the states, r × E, of the first groups, at most {@code maxImages}, in order
   */
  public record Decoded(List<Integer> tokens, List<Matrix> imageStates) {

    /** Copies the lists. */
    public Decoded {
      tokens = List.copyOf(tokens);
      imageStates = List.copyOf(imageStates);
    }
  }

  /**
   * Decodes an answer.
   *
   * @param cache what came before the prompt; afterwards holds the prompt and what was fed back
   * @param prompt embeddings, 1 × T × E
   * @param count T, at least 1
   * @param settings how to choose
   * @param progress asked before every step; traces {@code first_logits_after_masking} and {@code
   *     last_hidden}
   * @param onToken told of every token as it is chosen
   * @return tokens and states
   */
  public Decoded decode(
      KeyValueCache cache,
      Value prompt,
      int count,
      DecodingSettings settings,
      Progress progress,
      IntConsumer onToken) {
    List<Integer> tokens = new ArrayList<>();
    List<Matrix> imageStates = new ArrayList<>();
    HiddenTrace trace = new HiddenTrace(progress, model.embeddingSize());
    long[] images = tokenizer.imageTokenIds().stream().mapToLong(Integer::longValue).toArray();
    try (Scope request = new Scope()) {
      Value random = model.random(request, settings.samplingSeed());
      Scope step = new Scope();
      try {
        progress.check();
        LanguageModel.Step state = model.forward(step, cache, prompt, count);
        trace.add(state);
        for (int i = 0; i < settings.numWords(); i++) {
          Value allowed =
              model.allow(step, state.logits(), settings, i >= settings.minWordTokens());
          if (i == 0 && progress.tracing()) {
            float[] logits = allowed.toFloats();
            progress.trace("first_logits_after_masking", logits, logits.length);
          }
          int token = model.choose(step, allowed, settings, random);
          boolean image = token == images[0];
          for (long id : image ? images : new long[] {token}) {
            tokens.add((int) id);
            onToken.accept((int) id);
          }
          boolean wanted = image && imageStates.size() < settings.maxImages();
          boolean last = i == settings.numWords() - 1 || (stops(tokens, settings) && !image);
          if (last && !wanted) {
            break;
          }
          int more = image ? images.length : 1;
          if (cache.length() + more > model.positions()) {
            break;
          }
          progress.check();
          step.close();
          step = new Scope();
          state = image ? model.next(step, cache, images) : model.next(step, cache, token);
          if (wanted) {
            imageStates.add(
                new Matrix(images.length, model.embeddingSize(), state.hidden().toFloats()));
          }
          if (!last) {
            trace.add(state);
          }
        }
      } finally {
        step.close();
      }
    }
    trace.finish();
    return new Decoded(tokens, imageStates);
  }

  /** The answer is cut at the first newline unless that is the very first token. */
  private boolean stops(List<Integer> tokens, DecodingSettings settings) {
    int latest = tokens.size() - 1;
    return settings.stopAtNewline()
        && latest > 0
        && tokens.get(latest) == tokenizer.newlineId()
        && tokens.get(0) != tokenizer.newlineId();
  }

  /** Gathers the hidden states of every position for the trace. */
  private static final class HiddenTrace {
    private final Progress progress;
    private final int columns;
    private final List<float[]> rows = new ArrayList<>();

    HiddenTrace(Progress progress, int columns) {
      this.progress = progress;
      this.columns = columns;
    }

    void add(LanguageModel.Step step) {
      if (progress.tracing()) {
        rows.add(step.hidden().toFloats());
      }
    }

    void finish() {
      if (progress.tracing()) {
        int size = rows.stream().mapToInt(r -> r.length).sum();
        float[] all = new float[size];
        int at = 0;
        for (float[] part : rows) {
          System.arraycopy(part, 0, all, at, part.length);
          at += part.length;
        }
        progress.trace("last_hidden", all, size / columns, columns);
      }
    }
  }
}
