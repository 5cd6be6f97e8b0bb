package io.github.gill;

import io.github.gill.language.Decoder;
import io.github.gill.language.StreamingDecoder;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From prompt to answer: encode, decode, and for every {@code [IMG]} group decide, then find or
 * generate (figure 2 of the paper).
 */
final class AnswerLoop {

  /** Stands for an answer where pictures are the result. */
  static final Answer NO_ANSWER =
      new Answer(List.of(), List.of(), new Answer.Timings(0, 0, 0, 0, 0));

  private final ModelParts parts;
  private final PromptEncoder encoder;
  private final Decoder decoder;

  AnswerLoop(ModelParts parts) {
    this.parts = parts;
    this.encoder = new PromptEncoder(parts);
    this.decoder = new Decoder(parts.languageModel(), parts.tokenizer());
  }

  /** Answers a prompt that stands alone. */
  Answer answer(Prompt prompt, AnswerSettings settings, RequestProgress progress) {
    try (Conversation conversation = new Conversation(parts.languageModel())) {
      return answer(conversation, prompt, settings, progress);
    }
  }

  /** Answers a conversation's next turn and adds both to it; a failure leaves it as it was. */
  Answer answer(
      Conversation conversation, Prompt turn, AnswerSettings settings, RequestProgress progress) {
    Stopwatch watch = new Stopwatch();
    BufferedImage initialImage =
        settings.initialImage() == null ? null : encoder.decode(settings.initialImage());
    PromptEncoder.Encoded encoded = encoder.encode(conversation, turn, settings, progress);
    double encode = watch.lap();

    progress.prompt(encoded.embeddings().rows(), conversation.cachedLength());
    Decoder.Decoded decoded = decode(conversation, encoded.embeddings(), settings, progress);
    double decode = watch.lap();

    ImageSlots slots = new ImageSlots(parts, settings, progress, initialImage);
    List<AnswerPart> answer = new ArrayList<>();
    List<AnswerText.Piece> pieces =
        AnswerText.split(decoded.tokens(), parts.tokenizer(), decoded.imageStates().size());
    for (AnswerText.Piece piece : pieces) {
      AnswerPart part =
          piece.isImage()
              ? slots.fill(decoded.imageStates().get(piece.slot()), piece.slot())
              : new AnswerPart.Text(piece.text());
      answer.add(part);
      progress.tell(new AnswerEvent.Part(part));
    }
    Answer finished =
        new Answer(
            decoded.tokens(),
            answer,
            new Answer.Timings(encode, decode, slots.map(), slots.retrieve(), slots.diffuse()));
    conversation.answered(
        turn.parts(), encoded.lengths(), AnswerText.asHistory(answer, parts.tokenizer()));
    progress.tell(new AnswerEvent.Finished(finished));
    return finished;
  }

  /**
   * Answers prompts that stand alone, decoding them together and then drawing all their pictures
   * together. The times of what is done together count in full for each answer.
   */
  List<Answer> answerAll(List<Prompt> prompts, AnswerSettings settings, RequestProgress progress) {
    BufferedImage initialImage =
        settings.initialImage() == null ? null : encoder.decode(settings.initialImage());
    List<Conversation> conversations = new ArrayList<>();
    try (Scope scope = new Scope()) {
      Stopwatch watch = new Stopwatch();
      List<Decoder.Job> jobs = new ArrayList<>();
      for (Prompt prompt : prompts) {
        Conversation conversation = new Conversation(parts.languageModel());
        conversations.add(conversation);
        Matrix rows = encoder.encode(conversation, prompt, settings, progress).embeddings();
        progress.prompt(rows.rows(), 0);
        Value input = scope.floats(rows.values(), 1, rows.rows(), rows.columns());
        jobs.add(
            new Decoder.Job(
                conversation.cache(),
                input,
                rows.rows(),
                settings.decoding(),
                token -> progress.token()));
      }
      double encode = watch.lap();
      List<Decoder.Decoded> decoded = decoder.decodeAll(jobs, progress);
      double decode = watch.lap();

      List<Draft> drafts = new ArrayList<>();
      for (Decoder.Decoded one : decoded) {
        drafts.add(new Draft(parts, one, new ImageSlots(parts, settings, progress, initialImage)));
      }
      List<ImageGenerator.Request> requests =
          drafts.stream().flatMap(draft -> draft.requests().stream()).toList();
      watch.lap();
      progress.drawing();
      List<List<ImageGenerator.Picture>> drawn =
          requests.isEmpty() ? List.of() : parts.requireGenerator().generateAll(requests, progress);
      double diffuse = watch.lap();
      Iterator<List<ImageGenerator.Picture>> pictures = drawn.iterator();
      return drafts.stream().map(draft -> draft.finish(pictures, encode, decode, diffuse)).toList();
    } finally {
      conversations.forEach(Conversation::close);
    }
  }

  /** Finds or draws one picture of an earlier answer again, without decoding. */
  Answer redraw(Matrix states, AnswerSettings settings, RequestProgress progress) {
    encoder.checkRequest(List.of(), settings);
    BufferedImage initialImage =
        settings.initialImage() == null ? null : encoder.decode(settings.initialImage());
    ImageSlots slots = new ImageSlots(parts, settings, progress, initialImage);
    AnswerPart.Image image = slots.fill(states, 0);
    progress.tell(new AnswerEvent.Part(image));
    Answer answer =
        new Answer(
            List.of(),
            List.of(image),
            new Answer.Timings(0, 0, slots.map(), slots.retrieve(), slots.diffuse()));
    progress.tell(new AnswerEvent.Finished(answer));
    return answer;
  }

  /** Draws from text alone. */
  List<AnswerPart.Generated> draw(
      String text,
      DiffusionSettings settings,
      @Nullable PromptPart initialImage,
      int count,
      RequestProgress progress) {
    encoder.checkPictures(count, settings);
    BufferedImage initial = initialImage == null ? null : encoder.decode(initialImage);
    progress.enterSlot(0);
    progress.drawing();
    return parts
        .requireGenerator()
        .generate(
            new ImageGenerator.Request(new ImageGenerator.Text(text), settings, initial, count),
            progress)
        .stream()
        .map(picture -> ImageSlots.shown(picture, settings, null))
        .toList();
  }

  private Decoder.Decoded decode(
      Conversation conversation,
      Matrix embeddings,
      AnswerSettings settings,
      RequestProgress progress) {
    progress.trace(
        "input_embeddings", embeddings.values(), embeddings.rows(), embeddings.columns());
    List<Integer> images = parts.tokenizer().imageTokenIds();
    StreamingDecoder text = parts.tokenizer().streamingDecoder();
    try (Scope scope = new Scope()) {
      Value prompt = scope.floats(embeddings.values(), 1, embeddings.rows(), embeddings.columns());
      return decoder.decode(
          conversation.cache(),
          prompt,
          embeddings.rows(),
          settings.decoding(),
          progress,
          token -> {
            progress.token();
            progress.tell(
                new AnswerEvent.Token(token, images.contains(token) ? "" : text.append(token)));
          });
    }
  }
}
