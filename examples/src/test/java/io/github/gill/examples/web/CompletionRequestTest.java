package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import org.junit.jupiter.api.Test;

class CompletionRequestTest {

  private static CompletionRequest parse(String content, String more) {
    String json = "{\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]" + more + "}";
    return CompletionRequest.of(JsonBody.parse(json, JsonObject.class));
  }

  @Test
  void refusesFieldsOfAnotherType() {
    String[][] wrong = {
      {"[{\"type\":\"text\"}]", "", "messages[0].content[0].text is missing; use a text"},
      {"[7]", "", "messages[0].content[0] is 7; use an object"},
      {"{\"a\":1}", "", "messages[0].content is an object; use a text or a list of parts"},
      {"\"a\"", ",\"stream\":\"yes\"", "stream is \"yes\"; use true or false"},
      {"\"a\"", ",\"stream\":1", "stream is 1; use true or false"},
      {"\"a\"", ",\"max_tokens\":2.7", "max_tokens is 2.7; use a whole number (of 64 bits)"},
      {"\"a\"", ",\"max_tokens\":0", "max_tokens is 0; use 1 to 256"},
      {"\"a\"", ",\"n\":2", "n is 2; use 1"},
      {"\"a\"", ",\"temperature\":2.5", "temperature is 2.5; use 0 to 2"},
      {"\"a\"", ",\"temperature\":[1]", "temperature is a list; use a number"},
      {
        "\"a\"",
        ",\"seed\":9223372036854775808",
        "seed is 9223372036854775808; use a whole number (of 64 bits)"
      },
    };
    for (String[] each : wrong) {
      ApiException e = assertThrows(ApiException.class, () -> parse(each[0], each[1]), each[2]);
      assertEquals(400, e.status());
      assertEquals(each[2], e.text());
    }
  }

  @Test
  void keepsEveryBitOfASeed() {
    CompletionRequest request = parse("\"a\"", ",\"seed\":-9223372036854775807,\"stream\":true");
    assertEquals(-9223372036854775807L, request.settings().decoding().samplingSeed());
    assertEquals(-9223372036854775807L, request.settings().diffusion().seed());
    assertTrue(request.stream());
  }
}
