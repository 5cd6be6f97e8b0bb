package io.github.gill.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ids and texts of both tokenizers against what the reference gave for the same strings. */
class TokenizersTest {

  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Path LM = RESOURCES.resolve("micro/lm");
  private static final Path CLIP = RESOURCES.resolve("micro/diffusion/tokenizer");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void optAgreesWithTheFixture() throws IOException {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      for (JsonElement element : json("micro/expected.json").getAsJsonArray("tokens")) {
        JsonObject expected = element.getAsJsonObject();
        String text = expected.get("text").getAsString();
        assertArrayEquals(ids(expected, "with_bos"), tokenizer.encode(text, true), text);
        assertArrayEquals(ids(expected, "without"), tokenizer.encode(text, false), text);
        assertEquals(
            expected.get("decoded").getAsString(), tokenizer.decode(ids(expected, "with_bos")));
      }
      assertEquals(521, tokenizer.size());
      assertEquals(2, tokenizer.beginId());
      assertEquals(202, tokenizer.newlineId());
      assertEquals(512, tokenizer.imageId());
      assertEquals(List.of(513, 514, 515, 516, 517, 518, 519, 520), tokenizer.imageTokenIds());
    }
  }

  @Test
  void optAgreesWithTheReferenceOnOddStrings() throws IOException {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      assertEncodings("opt", text -> tokenizer.encode(text, true));
    }
  }

  @Test
  void optDecodesBrokenBytesLikeTheReferenceWholeAndInPieces() throws IOException {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      StreamingDecoder decoder = tokenizer.streamingDecoder();
      Random random = new Random(5);
      for (JsonElement element : json("language/tokenizers.json").getAsJsonArray("decode")) {
        long[] ids = ids(element.getAsJsonObject(), "ids");
        String text = element.getAsJsonObject().get("text").getAsString();
        assertEquals(text, tokenizer.decode(ids));
        StringBuilder pieces = new StringBuilder();
        for (int i = 0; i < ids.length; ) {
          int next = Math.min(ids.length, i + 1 + random.nextInt(3));
          pieces.append(decoder.append(Arrays.copyOfRange(ids, i, next)));
          i = next;
        }
        assertEquals(text, pieces.append(decoder.finish()).toString());
      }
    }
  }

  @Test
  void streamingHoldsBackAnIncompleteCharacter() {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      long[] ids = tokenizer.encode("😀", false);
      StreamingDecoder decoder = tokenizer.streamingDecoder();
      for (int i = 0; i < ids.length - 1; i++) {
        assertEquals("", decoder.append(ids[i]));
      }
      assertEquals("😀", decoder.append(ids[ids.length - 1]));
      assertEquals("", decoder.finish());
    }
  }

  @Test
  void clipAgreesWithTheReferenceOnOddStrings() throws IOException {
    try (ClipTokenizer tokenizer = ClipTokenizer.read(CLIP)) {
      assertEncodings("clip1", text -> tokenizer.encode(text, 20));
      assertEquals(744, tokenizer.endId());
    }
  }

  @Test
  void clipPadsWithTheTokenThatTheFolderNames() throws IOException {
    copy(CLIP);
    edit("tokenizer_config.json", json -> json.addProperty("pad_token", "!"));
    edit("special_tokens_map.json", json -> json.addProperty("pad_token", "!"));
    try (ClipTokenizer tokenizer = ClipTokenizer.read(folder)) {
      assertEncodings("clip2", text -> tokenizer.encode(text, 20));
    }
  }

  @Test
  void clipReadsTokensWithFlags() throws IOException {
    copy(CLIP);
    edit(
        "special_tokens_map.json",
        json -> {
          for (String role : List.of("bos_token", "eos_token", "unk_token")) {
            JsonObject token = new JsonObject();
            token.add("content", json.get(role));
            token.addProperty("normalized", true);
            json.add(role, token);
          }
        });
    try (ClipTokenizer tokenizer = ClipTokenizer.read(folder)) {
      assertEncodings("clip1", text -> tokenizer.encode(text, 20));
    }
  }

  @Test
  void aTokenizerJsonAloneGivesTheSameIds() throws IOException {
    writeTokenizerJson(LM, "");
    try (OptTokenizer tokenizer = OptTokenizer.read(folder, 8)) {
      assertEncodings("opt", text -> tokenizer.encode(text, true));
      assertEquals(521, tokenizer.size());
    }
    writeTokenizerJson(CLIP, "</w>");
    try (ClipTokenizer tokenizer = ClipTokenizer.read(folder)) {
      assertEncodings("clip1", text -> tokenizer.encode(text, 20));
    }
  }

  @Test
  void encodesLongTextsWhole() {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      String text = "A cat sat on a woven basket.\n".repeat(2000);
      long[] ids = tokenizer.encode(text, true);
      assertTrue(ids.length > 10_000);
      assertEquals(text, tokenizer.decode(ids));
    }
  }

  @Test
  void aLoneSurrogateSpoilsOnlyItself() {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      assertEquals("a\ufffd😀\0", tokenizer.decode(tokenizer.encode("a\ud83d😀\0", false)));
    }
  }

  @Test
  void otherNumbersOfImageTokensFollowTheVocabulary() {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 1)) {
      assertEquals(List.of(513), tokenizer.imageTokenIds());
      assertEquals(514, tokenizer.size());
      assertTrue(tokenizer.encode("[IMG1]", false).length > 1);
    }
  }

  @Test
  void manyThreadsGetTheSameIds() {
    try (OptTokenizer tokenizer = OptTokenizer.read(LM, 8)) {
      String text = "A cat sat on a woven basket [IMG0] 日本語 ".repeat(20);
      long[] expected = tokenizer.encode(text, true);
      IntStream.range(0, 2000)
          .parallel()
          .forEach(i -> assertArrayEquals(expected, tokenizer.encode(text, true)));
    }
  }

  @Test
  void refusesToEncodeAfterClosing() {
    OptTokenizer tokenizer = OptTokenizer.read(LM, 8);
    tokenizer.close();
    tokenizer.close();
    assertThrows(IllegalStateException.class, () -> tokenizer.encode("a", false));
  }

  @Test
  void saysWhichFilesWereLookedFor() {
    String message =
        assertThrows(ModelFileException.class, () -> ClipTokenizer.read(folder)).getMessage();
    assertEquals(
        folder
            + " has no tokenizer; looked for vocab.json with merges.txt, and for tokenizer.json;"
            + " copy them from the model's page on the hub",
        message);
  }

  @Test
  void namesWhatIsDamaged() throws IOException {
    refuses("vocab.json", "{\"a\": 0, \"b\"", "vocab.json: ");
    refuses("vocab.json", "[1]", "it is no JSON object of tokens and ids");
    refuses("vocab.json", "{\"a\": 0, \"a\": 1}", "the token \"a\" stands in it twice");
    refuses(
        "vocab.json", "{\"a\": 0, \"b\": 2}", "the token \"b\" has id 2, expected each of 0 to 1");
    refuses("vocab.json", "{}", "has 0 tokens, expected 1 to 1000000");
    refuses("merges.txt", "#version: 0.2\na\n", "line 2 is not two tokens with a space between");
    refuses("merges.txt", "日 本\n", "which the vocabulary lacks");
    refuses("tokenizer_config.json", "{\"bos_token\": 3", "tokenizer_config.json: it is no JSON");
    refuses("special_tokens_map.json", "{\"bos_token\": []}", "its tokens cannot be read");
    refuses("tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": 1}}", "its tokens cannot");
  }

  @Test
  void refusesOtherKindsOfTokenizers() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer.json"), "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {}}}");
    String message =
        assertThrows(ModelFileException.class, () -> OptTokenizer.read(folder, 8)).toString();
    assertTrue(
        message.contains("is a WordPiece tokenizer, this model needs byte-pair encoding"), message);
  }

  private void refuses(String file, String content, String message) throws IOException {
    copy(LM);
    Files.writeString(folder.resolve(file), content);
    String found =
        assertThrows(ModelFileException.class, () -> OptTokenizer.read(folder, 8)).toString();
    assertTrue(found.contains(message), found);
  }

  private static void assertEncodings(String key, Function<String, long[]> encode)
      throws IOException {
    for (JsonElement element : json("language/tokenizers.json").getAsJsonArray("encode")) {
      JsonObject expected = element.getAsJsonObject();
      String text = expected.get("text").getAsString();
      assertArrayEquals(ids(expected, key), encode.apply(text), text);
    }
  }

  private void copy(Path from) throws IOException {
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
  }

  private void edit(String file, Consumer<JsonObject> change) throws IOException {
    JsonObject json =
        JsonParser.parseString(Files.readString(folder.resolve(file))).getAsJsonObject();
    change.accept(json);
    Files.writeString(folder.resolve(file), json.toString());
  }

  private void writeTokenizerJson(Path from, String suffix) throws IOException {
    JsonObject model = new JsonObject();
    model.addProperty("type", "BPE");
    model.addProperty("end_of_word_suffix", suffix);
    model.add("vocab", JsonParser.parseString(Files.readString(from.resolve("vocab.json"))));
    JsonArray merges = new JsonArray();
    Files.readAllLines(from.resolve("merges.txt")).stream().skip(1).forEach(merges::add);
    model.add("merges", merges);
    JsonObject json = new JsonObject();
    json.add("model", model);
    json.add("added_tokens", new JsonArray());
    Files.writeString(folder.resolve("tokenizer.json"), json.toString());
    Files.copy(
        from.resolve("tokenizer_config.json"),
        folder.resolve("tokenizer_config.json"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static JsonObject json(String resource) throws IOException {
    return JsonParser.parseString(Files.readString(RESOURCES.resolve(resource))).getAsJsonObject();
  }

  private static long[] ids(JsonObject json, String key) {
    return StreamSupport.stream(json.getAsJsonArray(key).spliterator(), false)
        .mapToLong(JsonElement::getAsLong)
        .toArray();
  }
}
