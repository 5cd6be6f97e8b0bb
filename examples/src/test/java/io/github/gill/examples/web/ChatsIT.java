package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.Decision;
import io.github.gill.Gill;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long conversations are kept, and what one shows of a picture that was withheld. */
class ChatsIT {

  private Gill gill;
  private Chats chats;

  @BeforeEach
  void open() {
    gill = Gill.load(TestModel.MICRO);
    ServerOptions d = ServerOptions.DEFAULTS;
    chats =
        new Chats(
            gill,
            new WaitingLine(4, 4),
            new ServerOptions(
                d.host(), 0, d.hostNames(), 4, 4, 100, 100_000, 100_000, 1 << 20, 2, d.expiry()));
  }

  @AfterEach
  void close() {
    chats.close();
    gill.close();
  }

  @Test
  void forgetsWhatNobodyWatchesOrUses() {
    Chat unused = chats.create();
    Chat watched = chats.create();
    watched.watch();

    chats.expire(Duration.ofHours(1));
    assertSame(unused, chats.get(unused.id));
    chats.expire(Duration.ZERO);

    ApiException gone = assertThrows(ApiException.class, () -> chats.get(unused.id));
    assertEquals(404, gone.status());
    assertTrue(gone.text().contains("start a new one"), gone.text());
    assertSame(watched, chats.get(watched.id));
  }

  @Test
  void freesTheOldestUnwatchedForANewOneAndRefusesWhenAllAreWatched() {
    Chat oldest = chats.create();
    chats.create().watch();
    Chat fresh = chats.create();
    assertThrows(ApiException.class, () -> chats.get(oldest.id));
    fresh.watch();

    assertEquals(503, assertThrows(ApiException.class, chats::create).status());
    assertNotSame(oldest, fresh);
  }

  @Test
  void saysThatAPictureWasWithheld() {
    Chat chat = chats.create();
    ChatSettings settings = ChatSettings.NONE.complete();
    Exchange exchange = new Exchange(new Exchange.Question("Draw.", List.of(), null), settings);
    new AnswerRecorder(chat, exchange, 0, settings, null)
        .accept(
            new AnswerEvent.Part(
                new AnswerPart.Image(
                    Decision.GENERATE,
                    null,
                    List.of(),
                    List.of(new AnswerPart.Generated(null, null, true)),
                    null)));
    exchange.state = "done";
    exchange.remembered = " Here. ";
    chat.adopt(List.of(exchange));

    Part.Candidate shown = chat.view().exchanges().get(0).parts().get(0).candidates().get(0);
    assertEquals(true, shown.flagged());
    assertNull(shown.picture());
    ApiException withheld = assertThrows(ApiException.class, () -> chat.candidatePng(0, 0, 0));
    assertEquals(404, withheld.status());
    assertTrue(withheld.text().contains("safety checker withheld"), withheld.text());
  }
}
