package io.github.gill.language;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.EngineFailureException;
import io.github.gill.ModelFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Text to ids through the native tokenizers library, from a definition put together in memory.
 *
 * <p>Thread-safe. Closing waits for calls in progress and frees the native memory; using it later
 * is an {@link IllegalStateException}.
 */
final class BytePairEncoder implements AutoCloseable {

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final HuggingFaceTokenizer tokenizer;
  private final Map<String, Integer> ids;
  private final Map<String, AddedToken> added;
  private boolean closed;

  /**
   * Builds the native tokenizer.
   *
   * @param files vocabulary, merges and tokens
   * @param pipeline the JSON of normaliser, pre-tokenizer and BPE settings
   * @param more tokens added after the files' own
   */
  BytePairEncoder(TokenizerFiles files, String pipeline, List<AddedToken> more) {
    ids = new LinkedHashMap<>(files.vocabulary());
    added = new LinkedHashMap<>();
    files.added().forEach(token -> added.put(token.content(), token));
    // Of two roles played by one token, the reference keeps the flags of the later.
    for (AddedToken token : files.named().values()) {
      if (files.added().stream().noneMatch(known -> known.content().equals(token.content()))) {
        added.put(token.content(), token);
      }
    }
    more.forEach(token -> added.putIfAbsent(token.content(), token));
    JsonArray tokens = new JsonArray();
    for (AddedToken token : added.values()) {
      int id = ids.computeIfAbsent(token.content(), content -> ids.size());
      tokens.add(token.toJson(id));
    }
    JsonObject definition = JsonParser.parseString(pipeline).getAsJsonObject();
    definition.addProperty("version", "1.0");
    definition.add("added_tokens", tokens);
    JsonObject model = definition.getAsJsonObject("model");
    model.add("vocab", vocabulary(files));
    model.add("merges", merges(files));
    files
        .token("unk_token")
        .filter(ids::containsKey)
        .ifPresent(unknown -> setUnknown(model, unknown));
    tokenizer = open(files.source(), definition);
  }

  private static void setUnknown(JsonObject model, String unknown) {
    if (model.has("unk_token")) {
      model.addProperty("unk_token", unknown);
    }
  }

  private static JsonObject vocabulary(TokenizerFiles files) {
    JsonObject json = new JsonObject();
    files.vocabulary().forEach(json::addProperty);
    return json;
  }

  private static JsonArray merges(TokenizerFiles files) {
    JsonArray json = new JsonArray();
    for (TokenizerFiles.Merge merge : files.merges()) {
      JsonArray pair = new JsonArray(2);
      pair.add(merge.left());
      pair.add(merge.right());
      json.add(pair);
    }
    return json;
  }

  private static HuggingFaceTokenizer open(String source, JsonObject definition) {
    // Encoding text needs no CUDA build of the library, which DJL would download, nor DJL's
    // telemetry; a setting that the user made stays.
    System.getProperties().putIfAbsent("RUST_FLAVOR", "cpu");
    System.getProperties().putIfAbsent("OPT_OUT_TRACKING", "true");
    byte[] json = definition.toString().getBytes(StandardCharsets.UTF_8);
    Map<String, String> options =
        Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
    } catch (EngineException | LinkageError e) {
      throw new EngineFailureException(
          "the native tokenizers library did not load: "
              + e.getMessage()
              + "; put ai.djl.huggingface:tokenizers for this platform on the class path",
          e);
    } catch (IOException | RuntimeException e) {
      throw new ModelFileException(
          source
              + ": the tokenizer was refused: "
              + e.getMessage()
              + "; download its files again from the model's page",
          e);
    }
  }

  /** Encodes a text without adding anything to it. */
  long[] encode(String text) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the tokenizer is closed");
      }
      return tokenizer.encode(withoutLoneSurrogates(text), false, false).getIds();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The native side turns a whole text with one stray half into nonsense. */
  private static String withoutLoneSurrogates(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
            .forEach(clean::appendCodePoint);
        return clean.toString();
      }
    }
    return text;
  }

  /** Returns how many tokens there are, added ones included. */
  int size() {
    return ids.size();
  }

  /** Returns how many characters the longest token has, in the vocabulary's spelling. */
  int longestToken() {
    return ids.keySet().stream().mapToInt(String::length).max().orElse(0);
  }

  /** Returns the id of a token's text. */
  Optional<Integer> id(String token) {
    return Optional.ofNullable(ids.get(token));
  }

  /** Returns the text of each id in the vocabulary's spelling; null for special tokens. */
  @Nullable String[] visibleTokens() {
    @Nullable String[] tokens = new String[ids.size()];
    ids.forEach(
        (token, id) -> {
          AddedToken addition = added.get(token);
          tokens[id] = addition != null && addition.special() ? null : token;
        });
    return tokens;
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
      tokenizer.close();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
