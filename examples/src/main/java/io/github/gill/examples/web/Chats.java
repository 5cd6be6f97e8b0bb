package io.github.gill.examples.web;

import io.github.gill.Gill;
import io.github.gill.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** All conversations, with a bound on their number, their pictures and their age. Thread-safe. */
final class Chats implements AutoCloseable {

  private final Gill gill;
  private final WaitingLine line;
  private final ServerOptions options;
  private final Limits uploads;
  private final PictureShelf.Budget budget;
  private final Map<String, Chat> chats = new ConcurrentHashMap<>();
  private final ScheduledExecutorService cleaner =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "chat-expiry");
            thread.setDaemon(true);
            return thread;
          });

  Chats(Gill gill, WaitingLine line, ServerOptions options) {
    this.gill = gill;
    this.line = line;
    this.options = options;
    Limits limits = Limits.DEFAULTS;
    this.uploads =
        new Limits(
            options.uploadBytes(),
            options.uploadPixels(),
            limits.promptImages(),
            limits.promptTokens(),
            limits.steps(),
            limits.pictures(),
            limits.pictureSide());
    this.budget = new PictureShelf.Budget(options.pictureMemory());
    var unused =
        cleaner.scheduleWithFixedDelay(() -> expire(options.expiry()), 1, 1, TimeUnit.MINUTES);
  }

  Chat create() {
    return create(shelf -> List.of());
  }

  /**
   * Makes a conversation of exchanges that were kept elsewhere.
   *
   * @param opener puts their pictures on the shelf; if it throws, no conversation is made
   */
  Chat create(Function<PictureShelf, List<Exchange>> opener) {
    if (budget.used() > options.pictureMemory() * 4 / 5) {
      freeOldest();
    }
    Chat chat = new Chat(gill, line, new PictureShelf(budget, uploads));
    try {
      chat.adopt(opener.apply(chat.shelf));
      if (chats.size() >= options.conversations() && !freeOldest()) {
        throw new ApiException(
            503, "busy", chats.size() + " conversations are open, which is all; try again later");
      }
    } catch (RuntimeException e) {
      chat.close();
      throw e;
    }
    chats.put(chat.id, chat);
    return chat;
  }

  Chat get(String id) {
    Chat chat = chats.get(id);
    if (chat == null) {
      throw ApiException.notFound("this conversation is not here any more; start a new one");
    }
    return chat;
  }

  void remove(String id) {
    Chat chat = chats.remove(id);
    if (chat != null) {
      chat.close();
    }
  }

  /** Forgets conversations that nobody watches and nobody used for a while. */
  void expire(Duration age) {
    long now = System.nanoTime();
    for (Chat chat : new ArrayList<>(chats.values())) {
      if (now - chat.lastUsed() > age.toNanos() && !chat.isBusy() && !chat.isWatched()) {
        remove(chat.id);
      }
    }
  }

  private boolean freeOldest() {
    Optional<Chat> oldest =
        chats.values().stream()
            .filter(chat -> !chat.isBusy() && !chat.isWatched())
            .min(Comparator.comparingLong(Chat::lastUsed));
    oldest.ifPresent(chat -> remove(chat.id));
    return oldest.isPresent();
  }

  int size() {
    return chats.size();
  }

  @Override
  public void close() {
    cleaner.shutdownNow();
    List.copyOf(chats.keySet()).forEach(this::remove);
  }
}
