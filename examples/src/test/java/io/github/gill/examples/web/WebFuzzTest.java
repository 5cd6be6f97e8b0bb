package io.github.gill.examples.web;

import com.google.gson.JsonObject;
import io.github.gill.Limits;
import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** What the chat's server reads: a refusal is one whose status blames the client. */
class WebFuzzTest extends FuzzContract {

  private static final Limits LIMITS = new Limits(1 << 20, 1 << 16, 1, 1, 1, 1, 8);
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC";

  @Override
  protected List<FuzzTarget> targets() {
    PictureShelf.Budget budget = new PictureShelf.Budget(1 << 24);
    return List.of(
        target(
            "completion",
            json -> CompletionRequest.of(JsonBody.parse(json, JsonObject.class)),
            """
            {"model": "gill", "messages": [{"role": "system", "content": "a"},
              {"role": "user", "content": [{"type": "text", "text": "b"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}}]}],
             "n": 1, "stream": true, "temperature": 0.5, "top_p": 0.9, "max_tokens": 8, "seed": 3,
             "image_frequency": 1.3, "steps": 5, "size": "64x64"}
            """
                .formatted(PNG)),
        target(
            "message",
            json -> {
              Message message = JsonBody.parse(json, Message.class);
              message.completeSettings().toAnswerSettings().build();
            },
            """
            {"text": "a", "pictures": [{"picture": "b"}, {"data": "data:image/png;base64,"}],
             "refine": "c", "settings": {"imageFrequency": 1.3, "words": 8, "temperature": 0.5,
               "seed": 5, "decision": "both", "pictures": 2, "steps": 10, "guidance": 7.5,
               "scheduler": "ddim", "negativePrompt": "d", "strength": 0.5}}
            """),
        target(
            "conversation",
            json -> {
              PictureShelf shelf = new PictureShelf(budget, LIMITS);
              try {
                JsonBody.parse(json, ConversationFile.class).open(shelf);
              } finally {
                shelf.clear();
              }
            },
            """
            {"format": "gill-conversation-1", "pictures": {"p": "%s"}, "exchanges": [
              {"question": {"text": "a", "pictures": ["p"], "refine": "p"}, "state": "done",
               "settings": {"words": 8, "seed": 5}, "remembered": "b",
               "parts": [{"text": "c"},
                 {"decision": "generate", "choice": 0, "probabilities":
                    {"generate": 0.5, "retrieve": 0.5},
                  "candidates": [{"kind": "generated", "picture": "p", "score": 1.5,
                    "flagged": false, "settings": {"seed": 4}},
                    {"kind": "retrieved", "picture": "p", "index": 3, "path": "q.png"}],
                  "states": {"rows": 1, "columns": 2, "values": "AAAAAAAAAAA="}}]}]}
            """
                .formatted(PNG)));
  }

  /** The server's own failures are defects; what it would blame the client for is a refusal. */
  private static FuzzTarget target(String name, Consumer<String> reader, String seed) {
    return FuzzTarget.ofTexts(
        name,
        i -> {
          try {
            reader.accept(new String(i, StandardCharsets.UTF_8));
          } catch (RuntimeException e) {
            throw ApiException.of(e).status() < 500 ? ApiException.of(e) : e;
          }
        },
        ApiException.class,
        512,
        seed);
  }
}
