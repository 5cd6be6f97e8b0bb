package io.github.gill.examples.web;

import com.google.gson.Gson;
import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.Decision;
import io.github.gill.Gill;
import io.github.gill.GillSession;
import io.github.gill.PendingAnswer;
import io.github.gill.Prompt;
import io.github.gill.PromptPart;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One conversation: its exchanges, its pictures, the session that remembers it, and those who
 * watch. Thread-safe; one request of it runs at a time.
 */
final class Chat implements AutoCloseable {

  private static final Gson JSON = new Gson();

  /**
   * The JSON form.
   *
   * @param id its name, which is also the key to it
   * @param exchanges questions and answers in order
   * @param busy whether a request of it waits or runs
   */
  record View(String id, List<Exchange.View> exchanges, boolean busy) {}

  /** A request on its way. */
  private record Running(PendingAnswer answer, WaitingLine.Place place) {}

  final String id = PictureShelf.newName();
  final PictureShelf shelf;
  private final Gill gill;
  private final WaitingLine line;
  private final List<Exchange> exchanges = new ArrayList<>();
  private final List<EventStream> watchers = new ArrayList<>();
  private GillSession session;
  private @Nullable Running running;
  private volatile long lastUsed = System.nanoTime();

  Chat(Gill gill, WaitingLine line, PictureShelf shelf) {
    this.gill = gill;
    this.line = line;
    this.shelf = shelf;
    this.session = gill.newSession();
  }

  synchronized View view() {
    List<Exchange.View> views = new ArrayList<>();
    for (int i = 0; i < exchanges.size(); i++) {
      views.add(exchanges.get(i).view(i));
    }
    return new View(id, views, running != null);
  }

  /** Asks the next question. */
  synchronized Exchange.View send(
      String client, Exchange.Question question, ChatSettings settings) {
    checkIdle();
    AnswerSettings.Builder how = settings.toAnswerSettings();
    if (question.refine() != null) {
      how.initialImage(new PromptPart.EncodedImage(shelf.png(question.refine())));
    }
    Prompt turn = turn(question);
    Exchange exchange = new Exchange(question, settings);
    int number = exchanges.size();
    AnswerRecorder recorder = new AnswerRecorder(this, exchange, number, settings, null);
    try {
      start(client, recorder, listener -> session.submit(turn, how.build(), listener));
    } catch (RuntimeException e) {
      forgetUnusedPictures();
      throw e;
    }
    exchanges.add(exchange);
    tell("queued", Map.of("exchange", number, "result", exchange.view(number)));
    return exchange.view(number);
  }

  /** Finds or draws a picture of an answer again. */
  synchronized Exchange.View redraw(
      String client, int number, int part, ChatSettings wishes, @Nullable String refine) {
    checkIdle();
    Exchange exchange = exchange(number);
    Part.Pictures pictures = exchange.pictures(part);
    ChatSettings settings = exchange.settings.with(wishes).complete();
    AnswerSettings.Builder how = settings.toAnswerSettings();
    if (refine != null) {
      how.initialImage(new PromptPart.EncodedImage(shelf.png(refine)));
    }
    AnswerPart.Image image =
        new AnswerPart.Image(Decision.FORCED, null, List.of(), List.of(), pictures.states);
    AnswerRecorder recorder = new AnswerRecorder(this, exchange, number, settings, part);
    start(client, recorder, listener -> gill.redraw(image, how.build(), listener));
    exchange.redrawing = part;
    tell("queued", Map.of("exchange", number, "result", exchange.view(number)));
    return exchange.view(number);
  }

  private void start(
      String client,
      AnswerRecorder recorder,
      Function<Consumer<AnswerEvent>, PendingAnswer> submit) {
    lastUsed = System.nanoTime();
    WaitingLine.Joined<PendingAnswer> joined =
        line.join(client, recorder::moved, () -> submit.apply(recorder));
    running = new Running(joined.work(), joined.place());
    joined
        .work()
        .completion()
        .whenCompleteAsync(
            (answer, failure) -> {
              joined.place().leave();
              recorder.ended(failure);
            });
  }

  /** Called when the running request has ended, with its outcome recorded. */
  synchronized void idle(Exchange exchange) {
    running = null;
    lastUsed = System.nanoTime();
    forgetUnusedPictures();
    if (exchange.state.equals("done") && exchange.remembered == null) {
      List<PromptPart> history = session.history();
      exchange.remembered = ((PromptPart.Text) history.get(history.size() - 1)).text();
    }
  }

  /** Pictures of refused or undone questions; kept until now so that they can be asked again. */
  private void forgetUnusedPictures() {
    Set<String> used = new HashSet<>();
    exchanges.forEach(exchange -> used.addAll(exchange.pictureNames()));
    shelf.retain(used);
  }

  /** Ends the running request, if there is one. */
  synchronized boolean stop() {
    if (running == null) {
      return false;
    }
    running.answer.cancel();
    return true;
  }

  /** Forgets the last exchange. */
  synchronized View undo() {
    checkIdle();
    if (exchanges.isEmpty()) {
      throw new ApiException(409, "conflict", "there is nothing to undo");
    }
    Exchange last = exchanges.remove(exchanges.size() - 1);
    if (last.remembered != null) {
      session.undo();
    }
    tell("conversation", view());
    return view();
  }

  /** Forgets everything. */
  synchronized View reset() {
    checkIdle();
    session.close();
    session = gill.newSession();
    exchanges.clear();
    shelf.clear();
    tell("conversation", view());
    return view();
  }

  /** Shows another candidate. */
  synchronized Exchange.View choose(int number, int part, int candidate) {
    Part.Pictures pictures = exchange(number).pictures(part);
    pictures.candidate(candidate);
    pictures.choice = candidate;
    tell("part", Map.of("exchange", number, "part", part, "result", pictures.view()));
    return exchange(number).view(number);
  }

  /** Returns a candidate's picture; a found one that only its name was known of is read now. */
  byte[] candidatePng(int number, int part, int index) {
    Part.Candidate candidate;
    synchronized (this) {
      candidate = exchange(number).pictures(part).candidate(index);
    }
    String name = candidate.picture();
    if (name == null) {
      if (candidate.generated() || candidate.path() == null || candidate.index() == null) {
        throw ApiException.notFound("the safety checker withheld this picture");
      }
      name =
          shelf.keep(
              gill.fetch(new AnswerPart.Retrieved(candidate.index(), candidate.path(), 0, null)),
              Map.of());
      synchronized (this) {
        exchange(number)
            .pictures(part)
            .candidates
            .set(
                index,
                new Part.Candidate(
                    candidate.kind(),
                    name,
                    candidate.score(),
                    null,
                    null,
                    candidate.index(),
                    candidate.path()));
      }
    }
    return shelf.png(name);
  }

  /** Continues exchanges that were kept in a file; their pictures are on the shelf. */
  synchronized void adopt(List<Exchange> kept) {
    exchanges.addAll(kept);
    List<List<PromptPart>> heard = new ArrayList<>();
    for (Exchange exchange : kept) {
      if (exchange.remembered != null) {
        List<PromptPart> parts = new ArrayList<>(turn(exchange.question).parts());
        parts.add(new PromptPart.Text(exchange.remembered));
        heard.add(parts);
      }
    }
    session.close();
    session = gill.newSession(heard);
  }

  /** Lets someone read the exchanges while nothing changes. */
  synchronized <T> T read(Function<List<Exchange>, T> reader) {
    checkIdle();
    return reader.apply(exchanges);
  }

  /** The form of the original's demo: the pictures, then the question. */
  private Prompt turn(Exchange.Question question) {
    Prompt.Builder turn = Prompt.builder();
    question.pictures().forEach(name -> turn.image(shelf.png(name)));
    return turn.text("Q: " + question.text() + "\nA:").build();
  }

  private Exchange exchange(int number) {
    if (number < 0 || number >= exchanges.size()) {
      throw ApiException.notFound("there is no exchange " + number + " in this conversation");
    }
    return exchanges.get(number);
  }

  private void checkIdle() {
    if (running != null) {
      throw new ApiException(
          409, "conflict", "an answer of this conversation is on its way; stop it or wait for it");
    }
  }

  /** Begins a stream of events with a snapshot. */
  synchronized EventStream watch() {
    watchers.removeIf(watcher -> !watcher.isOpen());
    EventStream stream = new EventStream();
    stream.send("conversation", JSON.toJson(view()));
    watchers.add(stream);
    lastUsed = System.nanoTime();
    return stream;
  }

  synchronized boolean isWatched() {
    watchers.removeIf(watcher -> !watcher.isOpen());
    return !watchers.isEmpty();
  }

  synchronized void tell(String event, Object data) {
    if (isWatched()) {
      String json = JSON.toJson(data);
      watchers.forEach(watcher -> watcher.send(event, json));
    }
  }

  long lastUsed() {
    return lastUsed;
  }

  synchronized boolean isBusy() {
    return running != null;
  }

  @Override
  public void close() {
    GillSession closing;
    synchronized (this) {
      stop();
      watchers.forEach(EventStream::close);
      closing = session;
      exchanges.clear();
      shelf.clear();
    }
    // Waits for a running turn, whose events need this chat's lock.
    closing.close();
  }
}
