package io.github.gill;

import io.github.gill.language.Decoder;
import io.github.gill.language.StreamingDecoder;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Retriever;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From prompt to answer: encode, decode, and for every {@code [IMG]} group decide, then find or
 * generate (figure 2 of the paper).
 */
final class AnswerLoop {

  /** The original shows its three best candidates, and none of them again in the same answer. */
  private static final int SHOWN_AT_ONCE = 3;

  /** The original ranks generated pictures after shrinking them to this side. */
  private static final int RANKING_SIDE = 224;

  private static final Logger LOG = LoggerFactory.getLogger(AnswerLoop.class);

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

    ImageSlots slots = new ImageSlots(settings, progress, initialImage);
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
            new Answer.Timings(encode, decode, slots.map, slots.retrieve, slots.diffuse));
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
        drafts.add(new Draft(one, new ImageSlots(settings, progress, initialImage)));
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

  /** An answer whose pictures are decided on, but not drawn. */
  private final class Draft {
    private final Decoder.Decoded decoded;
    private final ImageSlots slots;
    private final List<AnswerText.Piece> pieces;
    private final List<Slot> decided = new ArrayList<>();

    Draft(Decoder.Decoded decoded, ImageSlots slots) {
      this.decoded = decoded;
      this.slots = slots;
      pieces = AnswerText.split(decoded.tokens(), parts.tokenizer(), decoded.imageStates().size());
      for (AnswerText.Piece piece : pieces) {
        if (piece.isImage()) {
          decided.add(slots.decide(decoded.imageStates().get(piece.slot()), piece.slot()));
        }
      }
    }

    List<ImageGenerator.Request> requests() {
      return decided.stream().filter(Slot::draws).map(slots::request).toList();
    }

    Answer finish(
        Iterator<List<ImageGenerator.Picture>> pictures,
        double encode,
        double decode,
        double diffuse) {
      Iterator<Slot> images = decided.iterator();
      List<AnswerPart> answer = new ArrayList<>();
      boolean draws = false;
      for (AnswerText.Piece piece : pieces) {
        if (piece.isImage()) {
          Slot slot = images.next();
          draws |= slot.draws();
          answer.add(slots.finish(slot, slot.draws() ? pictures.next() : List.of()));
        } else {
          answer.add(new AnswerPart.Text(piece.text()));
        }
      }
      return new Answer(
          decoded.tokens(),
          answer,
          new Answer.Timings(encode, decode, slots.map, slots.retrieve, draws ? diffuse : 0));
    }
  }

  /** Finds or draws one picture of an earlier answer again, without decoding. */
  Answer redraw(Matrix states, AnswerSettings settings, RequestProgress progress) {
    encoder.checkRequest(List.of(), settings);
    BufferedImage initialImage =
        settings.initialImage() == null ? null : encoder.decode(settings.initialImage());
    ImageSlots slots = new ImageSlots(settings, progress, initialImage);
    AnswerPart.Image image = slots.fill(states, 0);
    progress.tell(new AnswerEvent.Part(image));
    Answer answer =
        new Answer(
            List.of(),
            List.of(image),
            new Answer.Timings(0, 0, slots.map, slots.retrieve, slots.diffuse));
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
        .map(picture -> shown(picture, settings, null))
        .toList();
  }

  private static AnswerPart.Generated shown(
      ImageGenerator.Picture picture, DiffusionSettings settings, @Nullable Float score) {
    boolean withheld = picture.flagged() && settings.safetyChecker();
    return new AnswerPart.Generated(withheld ? null : picture.image(), score, picture.flagged());
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

  /**
   * A picture that is decided on and, where wanted, retrieved.
   *
   * @param states those of its {@code [IMG]} group
   * @param index its number in the answer
   * @param query for ranking, or null without retrieval heads
   * @param draws whether it is to be generated
   */
  @SuppressWarnings("ArrayRecordComponent") // Private to this class, never written to.
  private record Slot(
      Matrix states,
      int index,
      float @Nullable [] query,
      Decision decision,
      AnswerPart.@Nullable Probabilities probabilities,
      List<AnswerPart.Retrieved> retrieved,
      boolean draws) {}

  /** Turns the states of {@code [IMG]} groups into pictures. */
  private final class ImageSlots {
    private final AnswerSettings settings;
    private final RequestProgress progress;
    private final @Nullable BufferedImage initialImage;
    private final Set<Integer> shown = new HashSet<>();
    private double map;
    private double retrieve;
    private double diffuse;

    ImageSlots(
        AnswerSettings settings, RequestProgress progress, @Nullable BufferedImage initialImage) {
      this.settings = settings;
      this.progress = progress;
      this.initialImage = initialImage;
    }

    AnswerPart.Image fill(Matrix states, int index) {
      Slot slot = decide(states, index);
      if (!slot.draws()) {
        return finish(slot, List.of());
      }
      ImageGenerator.Request request = request(slot);
      Stopwatch watch = new Stopwatch();
      progress.drawing();
      List<ImageGenerator.Picture> pictures = parts.requireGenerator().generate(request, progress);
      diffuse += watch.lap();
      return finish(slot, pictures);
    }

    Slot decide(Matrix states, int slot) {
      progress.enterSlot(slot);
      progress.trace("img_states", states.values(), states.rows(), states.columns());
      Stopwatch watch = new Stopwatch();
      Retriever retriever = parts.retriever();
      float[] query = retriever == null ? null : retriever.query(states);
      if (query != null) {
        progress.trace("ret_emb", query, query.length);
      }
      Retriever.Verdict verdict = retriever == null ? null : retriever.decide(states);
      boolean canRetrieve = retriever != null && retriever.candidates() > 0;
      Decision decision = decide(verdict, canRetrieve);
      AnswerPart.Probabilities probabilities =
          verdict == null
              ? null
              : new AnswerPart.Probabilities(verdict.generate(), verdict.retrieve());
      progress.tell(new AnswerEvent.Decided(slot, decision, probabilities));

      boolean both = settings.decision() == DecisionMode.BOTH;
      boolean generates = wantsGenerated(decision);
      List<AnswerPart.Retrieved> retrieved = List.of();
      if (retriever != null
          && query != null
          && canRetrieve
          && settings.decision() != DecisionMode.GENERATE) {
        // Candidates are listed in any case, but read only to be shown.
        retrieved = retrieve(retriever, query, both || !generates || !parts.canGenerate());
      }
      retrieve += watch.lap();
      boolean draws = parts.canGenerate() && (both || generates || !canRetrieve);
      return new Slot(states, slot, query, decision, probabilities, retrieved, draws);
    }

    private Decision decide(Retriever.@Nullable Verdict verdict, boolean canRetrieve) {
      return switch (settings.decision()) {
        case RETRIEVE, GENERATE -> Decision.FORCED;
        case AUTO, BOTH -> {
          if (!canRetrieve) {
            yield Decision.GENERATE;
          }
          if (verdict != null) {
            yield verdict.decision();
          }
          yield parts.canGenerate() ? Decision.GENERATE : Decision.RETRIEVE;
        }
      };
    }

    private boolean wantsGenerated(Decision decision) {
      return decision == Decision.GENERATE
          || (decision == Decision.FORCED && settings.decision() == DecisionMode.GENERATE);
    }

    private List<AnswerPart.Retrieved> retrieve(Retriever retriever, float[] query, boolean fetch) {
      List<Retriever.Candidate> best = retriever.search(query, settings.candidates(), shown);
      List<AnswerPart.Retrieved> found = new ArrayList<>();
      boolean fetched = !fetch;
      for (Retriever.Candidate candidate : best) {
        progress.check();
        if (found.size() < SHOWN_AT_ONCE) {
          shown.add(candidate.index());
        }
        BufferedImage image = fetched ? null : fetch(retriever, candidate);
        fetched |= image != null;
        found.add(
            new AnswerPart.Retrieved(
                candidate.index(), candidate.path(), candidate.score(), image));
      }
      return found;
    }

    private @Nullable BufferedImage fetch(Retriever retriever, Retriever.Candidate candidate) {
      try {
        return retriever.fetch(candidate);
      } catch (RetrievalException e) {
        LOG.debug("candidate {} is skipped: {}", candidate.index(), e.getMessage());
        return null;
      }
    }

    ImageGenerator.Request request(Slot slot) {
      progress.check();
      Stopwatch watch = new Stopwatch();
      Matrix conditioning =
          parts.requireMapper().map(slot.states(), parts.languageModel().imageEmbeddings());
      progress.trace(
          "conditioning", conditioning.values(), conditioning.rows(), conditioning.columns());
      map += watch.lap();
      return new ImageGenerator.Request(
          new ImageGenerator.Conditioning(conditioning),
          settings.diffusion(),
          initialImage,
          settings.imagesPerSlot(),
          slot.index() * settings.imagesPerSlot());
    }

    /** Ranks what was drawn. */
    AnswerPart.Image finish(Slot slot, List<ImageGenerator.Picture> pictures) {
      Stopwatch watch = new Stopwatch();
      float[] query = slot.query();
      List<AnswerPart.Generated> generated = new ArrayList<>();
      for (ImageGenerator.Picture picture : pictures) {
        Float score = query == null ? null : likeness(picture.image(), query);
        generated.add(shown(picture, settings.diffusion(), score));
      }
      if (query != null) {
        generated.sort(Comparator.comparing(AnswerPart.Generated::score).reversed());
      }
      diffuse += watch.lap();
      return new AnswerPart.Image(
          slot.decision(), slot.probabilities(), slot.retrieved(), generated, slot.states());
    }

    /** The cosine of a picture's retrieval key and the query, both of unit length. */
    private float likeness(BufferedImage image, float[] query) {
      BufferedImage small = Resampling.resize(image, RANKING_SIDE, RANKING_SIDE);
      float[] pooled = parts.vision().pooled(parts.preprocessor().pixelValues(small)).row(0);
      float[] key = parts.requireRetriever().key(pooled);
      float cosine = 0;
      for (int i = 0; i < key.length; i++) {
        cosine += key[i] * query[i];
      }
      return cosine;
    }
  }

  /** Measures laps in seconds. */
  private static final class Stopwatch {
    private long last = System.nanoTime();

    double lap() {
      long now = System.nanoTime();
      double seconds = (now - last) / 1e9;
      last = now;
      return seconds;
    }
  }
}
