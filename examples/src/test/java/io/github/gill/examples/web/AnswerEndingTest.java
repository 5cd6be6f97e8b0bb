package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gill.Answer;
import io.github.gill.AnswerEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerEndingTest {

  private static final int NEWLINE = 1;

  /** Tells of tokens below 10 as letters, of the newline, and of a picture's tokens from 10 on. */
  private static String reason(Integer... tokens) {
    List<AnswerEvent> passedOn = new ArrayList<>();
    AnswerEnding ending = new AnswerEnding(passedOn::add);
    for (int token : tokens) {
      ending.accept(new AnswerEvent.Token(token, token == NEWLINE ? "\n" : token < 10 ? "a" : ""));
    }
    assertEquals(tokens.length, passedOn.size());
    return ending.reason(new Answer(List.of(tokens), List.of(), new Answer.Timings(0, 0, 0, 0, 0)));
  }

  @Test
  void stopsAtANewlineAlsoAfterAPicture() {
    assertEquals("stop", reason(2, 3, NEWLINE));
    assertEquals("stop", reason(2, 10, 11, 12, 13, 14, 15, 16, 17, NEWLINE));
  }

  @Test
  void endsByLengthOtherwise() {
    assertEquals("length", reason(2, 3));
    assertEquals("length", reason(2, 10, 11, 12, 13, 14, 15, 16, 17));
    assertEquals("length", reason(NEWLINE, 2, NEWLINE));
    assertEquals("length", reason(NEWLINE));
  }
}
