package io.github.gill;

import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Retriever;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns the states of one answer's {@code [IMG]} groups into pictures. Not thread-safe. */
final class ImageSlots {

  /** The original shows its three best candidates, and none of them again in the same answer. */
  private static final int SHOWN_AT_ONCE = 3;

  /** The original ranks generated pictures after shrinking them to this side. */
  private static final int RANKING_SIDE = 224;

  private static final Logger LOG = LoggerFactory.getLogger(ImageSlots.class);

  /**
   * A picture that is decided on and, where wanted, retrieved.
   *
   * @param states those of its {@code [IMG]} group
   * @param index its number in the answer
   * @param query for ranking, or null without retrieval heads
   * @param draws whether it is to be generated
   */
  @SuppressWarnings("ArrayRecordComponent") // Never written to.
  record Slot(
      Matrix states,
      int index,
      float @Nullable [] query,
      Decision decision,
      AnswerPart.@Nullable Probabilities probabilities,
      List<AnswerPart.Retrieved> retrieved,
      boolean draws) {}

  private final ModelParts parts;
  private final AnswerSettings settings;
  private final RequestProgress progress;
  private final @Nullable BufferedImage initialImage;
  private final Set<Integer> shown = new HashSet<>();
  private double map;
  private double retrieve;
  private double diffuse;

  ImageSlots(
      ModelParts parts,
      AnswerSettings settings,
      RequestProgress progress,
      @Nullable BufferedImage initialImage) {
    this.parts = parts;
    this.settings = settings;
    this.progress = progress;
    this.initialImage = initialImage;
  }

  /** Seconds that the mapper took so far. */
  double map() {
    return map;
  }

  /** Seconds that deciding and finding took so far. */
  double retrieve() {
    return retrieve;
  }

  /** Seconds that drawing and ranking took so far. */
  double diffuse() {
    return diffuse;
  }

  /** Finds or draws one picture. */
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

  /** Decides on a picture and finds candidates, but draws nothing. */
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
          new AnswerPart.Retrieved(candidate.index(), candidate.path(), candidate.score(), image));
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

  /** Maps the states of a picture that is to be drawn. */
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

  /** A drawn picture as an answer shows it: withheld if it is flagged and checked. */
  static AnswerPart.Generated shown(
      ImageGenerator.Picture picture, DiffusionSettings settings, @Nullable Float score) {
    boolean withheld = picture.flagged() && settings.safetyChecker();
    return new AnswerPart.Generated(withheld ? null : picture.image(), score, picture.flagged());
  }
}
