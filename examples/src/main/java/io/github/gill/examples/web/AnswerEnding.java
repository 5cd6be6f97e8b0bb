package io.github.gill.examples.web;

import io.github.gill.Answer;
import io.github.gill.AnswerEvent;
import java.util.List;
import java.util.function.Consumer;

/** Listens for what an answer ends with, and passes its events on. */
final class AnswerEnding implements Consumer<AnswerEvent> {

  private final Consumer<AnswerEvent> next;
  private volatile String last = "";

  AnswerEnding(Consumer<AnswerEvent> next) {
    this.next = next;
  }

  @Override
  public void accept(AnswerEvent event) {
    if (event instanceof AnswerEvent.Token token) {
      last = token.text();
    }
    next.accept(event);
  }

  /**
   * Says in OpenAI's words why decoding ended. It ends early only at a newline that is not the very
   * first token; the number of tokens does not tell, since a picture takes several in one step.
   *
   * @return {@code stop} or {@code length}
   */
  String reason(Answer answer) {
    List<Integer> tokens = answer.tokens();
    boolean stopped =
        last.endsWith("\n")
            && tokens.size() > 1
            && !tokens.get(0).equals(tokens.get(tokens.size() - 1));
    return stopped ? "stop" : "length";
  }
}
