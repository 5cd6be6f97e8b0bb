package io.github.gill.language;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import io.github.gill.ModelFileException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A byte-pair tokenizer as a folder describes it: {@code vocab.json} and {@code merges.txt}, or
 * {@code tokenizer.json} where one of them is missing, and what {@code tokenizer_config.json},
 * {@code special_tokens_map.json} and {@code added_tokens.json} say besides.
 *
 * @param source the folder, for messages
 * @param vocabulary token to id; the ids are 0 to n − 1
 * @param merges pairs of tokens, the earlier the stronger
 * @param named the roles {@code bos_token}, {@code eos_token}, {@code unk_token}, {@code
 *     pad_token}, … and the tokens that play them, as far as the files say
 * @param added tokens cut out of the text before encoding, in the order they were added, without
 *     the named ones
 * @param config {@code tokenizer_config.json}, empty where it is missing
 */
record TokenizerFiles(
    String source,
    Map<String, Integer> vocabulary,
    List<Merge> merges,
    Map<String, AddedToken> named,
    List<AddedToken> added,
    JsonObject config) {

  /** Two tokens that become one. */
  record Merge(String left, String right) {}

  /** A hundred times the largest file in use; keeps a damaged folder from filling the heap. */
  private static final long LARGEST_FILE = 64L << 20;

  private static final int LARGEST_VOCABULARY = 1_000_000;

  /** The order in which the reference registers the named tokens. */
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  /**
   * Reads and checks a folder's files.
   *
   * @throws ModelFileException if there is no tokenizer or a file is damaged
   */
  static TokenizerFiles read(Path folder) {
    Path vocab = folder.resolve("vocab.json");
    Path merges = folder.resolve("merges.txt");
    Path whole = folder.resolve("tokenizer.json");
    boolean pair = Files.isRegularFile(vocab) && Files.isRegularFile(merges);
    if (!pair && !Files.isRegularFile(whole)) {
      throw new ModelFileException(
          folder
              + " has no tokenizer; looked for vocab.json with merges.txt, and for tokenizer.json;"
              + " copy them from the model's page on the hub");
    }
    JsonObject config = object(folder.resolve("tokenizer_config.json"));
    TokenizerFiles files = pair ? ofPair(vocab, merges, config) : ofWhole(whole, config);
    files.checkIds();
    files.checkMerges();
    return files;
  }

  private static TokenizerFiles ofPair(Path vocabFile, Path mergesFile, JsonObject config) {
    Map<String, Integer> vocabulary = vocabulary(vocabFile);
    List<Merge> merges = merges(mergesFile);
    Path folder = vocabFile.resolveSibling("");
    JsonObject roles = config.deepCopy();
    Map<Integer, AddedToken> added = new TreeMap<>();
    try {
      if (config.has("added_tokens_decoder")) {
        config
            .getAsJsonObject("added_tokens_decoder")
            .asMap()
            .forEach(
                (id, token) -> added.put(Integer.parseInt(id), AddedToken.parse(token, false)));
      } else {
        // Older folders keep the flags of special tokens and the ids of added ones apart.
        object(folder.resolve("special_tokens_map.json")).asMap().forEach(roles::add);
        object(folder.resolve("added_tokens.json"))
            .asMap()
            .forEach((text, id) -> added.put(id.getAsInt(), AddedToken.ordinary(text)));
      }
      return new TokenizerFiles(
          folder.toString(), vocabulary, merges, named(roles), List.copyOf(added.values()), config);
    } catch (RuntimeException e) {
      throw damaged(folder.resolve("tokenizer_config.json"), "its tokens cannot be read", e);
    }
  }

  private static TokenizerFiles ofWhole(Path file, JsonObject config) {
    JsonObject json = object(file);
    try {
      JsonObject model = json.getAsJsonObject("model");
      if (model.has("type") && !model.get("type").getAsString().equals("BPE")) {
        throw new ModelFileException(
            file
                + " is a "
                + model.get("type").getAsString()
                + " tokenizer, this model needs byte-pair encoding (BPE);"
                + " use the tokenizer that belongs to the model");
      }
      Map<String, Integer> vocabulary = new LinkedHashMap<>();
      model
          .getAsJsonObject("vocab")
          .asMap()
          .forEach((token, id) -> vocabulary.put(token, id.getAsInt()));
      List<Merge> merges = new ArrayList<>();
      for (JsonElement merge : model.getAsJsonArray("merges")) {
        merges.add(merge(merge));
      }
      List<AddedToken> added = new ArrayList<>();
      if (json.get("added_tokens") instanceof JsonArray tokens) {
        for (JsonElement token : tokens) {
          added.add(AddedToken.parse(token, false));
          vocabulary.putIfAbsent(
              token.getAsJsonObject().get("content").getAsString(),
              token.getAsJsonObject().get("id").getAsInt());
        }
      }
      JsonObject roles = config.deepCopy();
      object(file.resolveSibling("special_tokens_map.json")).asMap().forEach(roles::add);
      return new TokenizerFiles(
          file.toString(), vocabulary, List.copyOf(merges), named(roles), added, config);
    } catch (ModelFileException e) {
      throw e;
    } catch (RuntimeException e) {
      throw damaged(file, "model.vocab, model.merges or added_tokens cannot be read", e);
    }
  }

  private static Map<String, AddedToken> named(JsonObject roles) {
    Map<String, AddedToken> named = new LinkedHashMap<>();
    for (String role : ROLES) {
      JsonElement token = roles.get(role);
      if (token != null && !token.isJsonNull()) {
        named.put(role, AddedToken.parse(token, true));
      }
    }
    return named;
  }

  /** Returns the text of the token that plays a role, if the files name one. */
  Optional<String> token(String role) {
    return Optional.ofNullable(named.get(role)).map(AddedToken::content);
  }

  private static Map<String, Integer> vocabulary(Path file) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    try (JsonReader json = new JsonReader(new StringReader(text(file)))) {
      json.beginObject();
      while (json.hasNext()) {
        String token = json.nextName();
        if (vocabulary.put(token, json.nextInt()) != null) {
          throw damaged(file, "the token \"" + token + "\" stands in it twice", null);
        }
        if (vocabulary.size() > LARGEST_VOCABULARY) {
          throw damaged(file, "it has more than " + LARGEST_VOCABULARY + " tokens", null);
        }
      }
      json.endObject();
    } catch (MalformedJsonException | IllegalStateException | NumberFormatException e) {
      throw damaged(file, "it is no JSON object of tokens and ids", e);
    } catch (IOException e) {
      throw damaged(file, "it ends too early", e);
    }
    return vocabulary;
  }

  private static List<Merge> merges(Path file) {
    List<Merge> merges = new ArrayList<>();
    int number = 0;
    for (String line : text(file).lines().toList()) {
      number++;
      // OpenAI's own file puts its name before the version.
      if (line.isEmpty() || (number == 1 && line.contains("#version"))) {
        continue;
      }
      int space = line.indexOf(' ');
      if (space < 1 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
        throw damaged(file, "line " + number + " is not two tokens with a space between", null);
      }
      merges.add(new Merge(line.substring(0, space), line.substring(space + 1)));
    }
    return merges;
  }

  private static Merge merge(JsonElement json) {
    if (json instanceof JsonArray pair && pair.size() == 2) {
      return new Merge(pair.get(0).getAsString(), pair.get(1).getAsString());
    }
    String[] pair = json.getAsString().split(" ", -1);
    if (pair.length != 2) {
      throw new JsonParseException("merge " + json + " is not two tokens");
    }
    return new Merge(pair[0], pair[1]);
  }

  private void checkIds() {
    int size = vocabulary.size();
    if (size == 0 || size > LARGEST_VOCABULARY) {
      throw new ModelFileException(
          source + " has " + size + " tokens, expected 1 to " + LARGEST_VOCABULARY + REPLACE);
    }
    boolean[] seen = new boolean[size];
    vocabulary.forEach(
        (token, id) -> {
          if (id < 0 || id >= size || seen[id]) {
            throw new ModelFileException(
                source
                    + ": the token \""
                    + token
                    + "\" has id "
                    + id
                    + ", expected each of 0 to "
                    + (size - 1)
                    + " once"
                    + REPLACE);
          }
          seen[id] = true;
        });
  }

  private void checkMerges() {
    for (Merge merge : merges) {
      for (String token : List.of(merge.left, merge.right, merge.left + merge.right)) {
        if (!vocabulary.containsKey(token)) {
          throw new ModelFileException(
              source
                  + ": the merge \""
                  + merge.left
                  + " "
                  + merge.right
                  + "\" needs the token \""
                  + token
                  + "\", which the vocabulary lacks; use a vocabulary and merges of one model");
        }
      }
    }
  }

  private static final String REPLACE = "; download the file again from the model's page";

  private static JsonObject object(Path file) {
    if (!Files.isRegularFile(file)) {
      return new JsonObject();
    }
    try {
      return JsonParser.parseString(text(file)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw damaged(file, "it is no JSON object", e);
    }
  }

  private static String text(Path file) {
    try {
      long bytes = Files.size(file);
      if (bytes > LARGEST_FILE) {
        throw damaged(
            file, "it has " + bytes + " bytes, a tokenizer file at most " + LARGEST_FILE, null);
      }
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw damaged(file, "it is not UTF-8 text", e);
    } catch (IOException e) {
      throw damaged(file, "it cannot be read", e);
    }
  }

  private static ModelFileException damaged(Path file, String what, @Nullable Exception cause) {
    String detail =
        cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
    return new ModelFileException(file + ": " + what + detail + REPLACE, cause);
  }
}
