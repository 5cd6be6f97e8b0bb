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
   * One answer to decode.
   *
   * @param cache what came before the prompt; afterwards holds the prompt and what was fed back
   * @param prompt embeddings, 1 × T × E
   * @param count T, at least 1
   * @param settings how to choose
   * @param onToken told of every token as it is chosen
   */
  public record Job(
      KeyValueCache cache,
      Value prompt,
      int count,
      DecodingSettings settings,
      IntConsumer onToken) {}

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
    return decodeAll(List.of(new Job(cache, prompt, count, settings, onToken)), progress).get(0);
  }

  /**
   * Decodes several answers at once: prompts are read one after the other, then each step runs the
   * next tokens of all answers together. Every answer has the positions, the cache and the random
   * stream that it has alone.
   *
   * @param jobs the answers
   * @param progress asked before every step; traces as {@link #decode} does
   * @return tokens and states of each answer
   */
  public List<Decoded> decodeAll(List<Job> jobs, Progress progress) {
    try (Scope request = new Scope()) {
      List<Sequence> all = new ArrayList<>();
      for (Job job : jobs) {
        progress.check();
        Sequence sequence = new Sequence(job, progress, request);
        try (Scope step = new Scope()) {
          sequence.begin(step, model.forward(step, job.cache(), job.prompt(), job.count()));
        }
        all.add(sequence);
      }
      List<Sequence> running = running(all);
      while (!running.isEmpty()) {
        progress.check();
        try (Scope step = new Scope()) {
          List<KeyValueCache> caches = running.stream().map(s -> s.job.cache()).toList();
          List<long[]> ids = running.stream().map(s -> s.next).toList();
          List<LanguageModel.Step> states = model.next(step, caches, ids);
          for (int k = 0; k < states.size(); k++) {
            running.get(k).proceed(step, states.get(k));
          }
        }
        running = running(running);
      }
      return all.stream().map(Sequence::finish).toList();
    }
  }

  private static List<Sequence> running(List<Sequence> sequences) {
    return sequences.stream().filter(sequence -> sequence.next.length > 0).toList();
  }

  /** One answer on its way. */
  private final class Sequence {
    private final Job job;
    private final DecodingSettings settings;
    private final Progress progress;
    private final Value random;
    private final HiddenTrace trace;
    private final long[] images =
        tokenizer.imageTokenIds().stream().mapToLong(Integer::longValue).toArray();
    private final List<Integer> tokens = new ArrayList<>();
    private final List<Matrix> imageStates = new ArrayList<>();
    private int chosen;
    private boolean wanted;
    private boolean last;

    /** What to feed back; empty at the end. */
    private long[] next = {};

    Sequence(Job job, Progress progress, Scope request) {
      this.job = job;
      this.settings = job.settings();
      this.progress = progress;
      this.random = model.random(request, settings.samplingSeed());
      this.trace = new HiddenTrace(progress, model.embeddingSize());
    }

    /** Takes the prompt's states. */
    void begin(Scope step, LanguageModel.Step state) {
      trace.add(state);
      choose(step, state);
    }

    /** Takes the states of what was fed back. */
    void proceed(Scope step, LanguageModel.Step state) {
      if (wanted) {
        imageStates.add(
            new Matrix(images.length, model.embeddingSize(), state.hidden().toFloats()));
      }
      if (last) {
        next = new long[0];
      } else {
        trace.add(state);
        choose(step, state);
      }
    }

    private void choose(Scope step, LanguageModel.Step state) {
      Value allowed =
          model.allow(step, state.logits(), settings, chosen >= settings.minWordTokens());
      if (chosen == 0 && progress.tracing()) {
        float[] logits = allowed.toFloats();
        progress.trace("first_logits_after_masking", logits, logits.length);
      }
      int token = model.choose(step, allowed, settings, random);
      chosen++;
      boolean image = token == images[0];
      long[] group = image ? images : new long[] {token};
      for (long id : group) {
        tokens.add((int) id);
        job.onToken().accept((int) id);
      }
      wanted = image && imageStates.size() < settings.maxImages();
      last = chosen == settings.numWords() || (stops(tokens, settings) && !image);
      boolean full = job.cache().length() + group.length > model.positions();
      next = (last && !wanted) || full ? new long[0] : group;
    }

    Decoded finish() {
      trace.finish();
      return new Decoded(tokens, imageStates);
    }
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
