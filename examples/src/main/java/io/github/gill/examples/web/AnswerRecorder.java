package io.github.gill.examples.web;

import io.github.gill.AnswerCancelledException;
import io.github.gill.AnswerEvent;
import io.github.gill.AnswerPart;
import io.github.gill.vision.PngWriter;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what happens to a request into its exchange and tells those who watch. */
final class AnswerRecorder implements Consumer<AnswerEvent> {

  private static final Logger LOG = LoggerFactory.getLogger(AnswerRecorder.class);
  private static final int PREVIEW_SIDE = 256;

  private final Chat chat;
  private final Exchange exchange;
  private final int number;
  private final ChatSettings settings;

  /** The part to find or draw again, or null for a new answer. */
  private final @Nullable Integer again;

  private long firstStep;

  AnswerRecorder(
      Chat chat, Exchange exchange, int number, ChatSettings settings, @Nullable Integer again) {
    this.chat = chat;
    this.exchange = exchange;
    this.number = number;
    this.settings = settings;
    this.again = again;
  }

  /** The request's position in the line has changed. */
  void moved(int position) {
    synchronized (chat) {
      exchange.position = position == 0 ? null : position;
      if (position > 0) {
        chat.tell("position", Map.of("exchange", number, "position", position));
      }
    }
  }

  @Override
  public void accept(AnswerEvent event) {
    synchronized (chat) {
      if (again == null && exchange.state.equals("waiting")) {
        exchange.state = "running";
        exchange.position = null;
        chat.tell("started", Map.of("exchange", number));
      }
      if (event instanceof AnswerEvent.Token token && !token.text().isEmpty()) {
        exchange.streamed.append(token.text());
        chat.tell("token", Map.of("exchange", number, "text", token.text()));
      } else if (event instanceof AnswerEvent.Decided decided) {
        tellDecision(decided);
      } else if (event instanceof AnswerEvent.Denoised step) {
        tellStep(step);
      } else if (event instanceof AnswerEvent.Part part) {
        exchange.streamed.setLength(0);
        record(part.part());
      }
    }
  }

  private int part() {
    return again == null ? exchange.parts.size() : again;
  }

  private void tellDecision(AnswerEvent.Decided decided) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("exchange", number);
    data.put("part", part());
    data.put("decision", decided.decision().name().toLowerCase(Locale.ROOT));
    if (decided.probabilities() != null) {
      data.put("generate", decided.probabilities().generate());
      data.put("retrieve", decided.probabilities().retrieve());
    }
    chat.tell("decision", data);
  }

  private void tellStep(AnswerEvent.Denoised step) {
    long now = System.nanoTime();
    if (step.step() == 1) {
      firstStep = now;
    }
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("exchange", number);
    data.put("part", part());
    data.put("step", step.step());
    data.put("steps", step.steps());
    if (step.step() > 1) {
      double each = (now - firstStep) / 1e9 / (step.step() - 1);
      data.put("secondsLeft", each * (step.steps() - step.step()));
    }
    if (step.preview() != null && chat.isWatched()) {
      data.put("preview", dataUrl(step.preview()));
    }
    chat.tell("step", data);
  }

  private static String dataUrl(BufferedImage image) {
    int side = Math.max(image.getWidth(), image.getHeight());
    BufferedImage small =
        side <= PREVIEW_SIDE
            ? image
            : Resampling.resize(
                image,
                image.getWidth() * PREVIEW_SIDE / side,
                image.getHeight() * PREVIEW_SIDE / side);
    return "data:image/png;base64,"
        + Base64.getEncoder().encodeToString(PngWriter.encode(small, Map.of()));
  }

  private void record(AnswerPart part) {
    int index = part();
    if (part instanceof AnswerPart.Text text) {
      exchange.parts.add(new Part.Words(text.text()));
    } else if (part instanceof AnswerPart.Image image) {
      Part.Pictures pictures;
      if (again == null) {
        pictures =
            new Part.Pictures(
                image.decision(), Part.Probabilities.of(image.probabilities()), image.states());
        exchange.parts.add(pictures);
      } else {
        pictures = exchange.pictures(index);
      }
      add(image, pictures);
    }
    chat.tell(
        "part",
        Map.of("exchange", number, "part", index, "result", exchange.parts.get(index).view()));
  }

  private void add(AnswerPart.Image image, Part.Pictures pictures) {
    List<Part.Candidate> fresh = new ArrayList<>();
    for (AnswerPart.Generated generated : image.generated()) {
      fresh.add(
          new Part.Candidate(
              "generated",
              generated.image() == null ? null : chat.shelf.keep(generated.image(), notes()),
              generated.score(),
              generated.flagged(),
              settings,
              null,
              null));
    }
    for (AnswerPart.Retrieved found : image.retrieved()) {
      boolean known =
          pictures.candidates.stream()
              .anyMatch(other -> Integer.valueOf(found.index()).equals(other.index()));
      if (!known) {
        fresh.add(
            new Part.Candidate(
                "retrieved",
                found.image() == null ? null : chat.shelf.keep(found.image(), Map.of()),
                found.score(),
                null,
                null,
                found.index(),
                found.path()));
      }
    }
    int before = pictures.candidates.size();
    pictures.candidates.addAll(fresh);
    String wanted = image.showsGenerated() ? "generated" : "retrieved";
    for (int i = 0; i < fresh.size(); i++) {
      Part.Candidate candidate = fresh.get(i);
      if (candidate.kind().equals(wanted)
          && (candidate.generated() || candidate.picture() != null)) {
        pictures.choice = before + i;
        return;
      }
    }
  }

  private Map<String, String> notes() {
    String drawing = settings.toAnswerSettings().build().diffusion().summary();
    return Map.of("Software", "GILL for the JVM", "Settings", drawing);
  }

  /** The request has ended. */
  void ended(@Nullable Throwable failure) {
    synchronized (chat) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      exchange.position = null;
      exchange.redrawing = null;
      exchange.problem = null;
      boolean stopped = cause instanceof AnswerCancelledException;
      if (cause != null && !stopped) {
        ApiException problem = ApiException.of(cause);
        if (problem.status() == 500) {
          LOG.warn("an answer failed", cause);
        }
        exchange.problem = new Exchange.Problem(problem.code(), problem.text());
      }
      if (again == null) {
        exchange.state = cause == null ? "done" : stopped ? "stopped" : "failed";
      }
      chat.idle(exchange);
      chat.tell(
          cause == null ? "finished" : stopped ? "stopped" : "failed",
          Map.of("exchange", number, "result", exchange.view(number)));
    }
  }
}
