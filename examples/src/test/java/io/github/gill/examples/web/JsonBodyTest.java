package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import org.junit.jupiter.api.Test;

class JsonBodyTest {

  private static String refusal(String json, Class<?> type) {
    ApiException e = assertThrows(ApiException.class, () -> JsonBody.parse(json, type), json);
    assertEquals(400, e.status());
    return e.text().replace("the JSON is not understood", "");
  }

  @Test
  void saysWhatIsWhereAndWhatShouldBe() {
    String[][] wrong = {
      {"{\"text\":{}}", " at line 1, column 10 (text): found an object, expected a text"},
      {"{\n\"pictures\":\"x\"}", " at line 2, column 13 (pictures): found a text, expected a list"},
      {"[1,2]", " at line 1, column 2: found a list, expected an object"},
      {"null", " at line 1, column 5: found null, expected an object"},
      {
        "{\"settings\":{\"steps\":2.5}}",
        " at line 1, column 25 (settings.steps): found 2.5, expected a whole number"
      },
      {
        "{\"settings\":{\"steps\":\"abc\"}}",
        " at line 1, column 27 (settings.steps): found \"abc\", expected a number"
      },
      {
        "{\"settings\":{\"guidance\":1e999}}",
        " at line 1, column 30 (settings.guidance): a number is not finite"
      },
      {"{\"text\":\"a\"", " at line 1, column 12 (text): it breaks off"},
    };
    for (String[] each : wrong) {
      assertEquals(each[1], refusal(each[0], Message.class));
    }
    assertTrue(
        refusal("[1,2]", JsonObject.class).endsWith("found a list, expected an object"),
        refusal("[1,2]", JsonObject.class));
  }

  @Test
  void speaksNeverOfItsParser() {
    for (String json :
        new String[] {
          "{nonsense",
          "{\"text\":\"a\"}x",
          "{'text':1}",
          "{\"text\":\"a\tb\"}",
          "{\"text\":NaN}",
          "{\"text\":\"\\q\"}",
          "[".repeat(100_000),
          "{\"a\":".repeat(100_000)
        }) {
      for (Class<?> type : new Class<?>[] {Message.class, JsonObject.class}) {
        String message = refusal(json, type);
        assertTrue(message.length() < 200, message);
        assertTrue(!message.contains("gson") && !message.contains("Json"), message);
      }
    }
  }

  @Test
  void takesNothingForAnEmptyObject() {
    assertEquals(new Message(null, null, null, null), JsonBody.parse(" ", Message.class));
  }
}
