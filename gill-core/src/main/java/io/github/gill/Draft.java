package io.github.gill;

import io.github.gill.language.Decoder;
import io.github.gill.spi.ImageGenerator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** An answer whose pictures are decided on, but not drawn. */
final class Draft {
  private final Decoder.Decoded decoded;
  private final ImageSlots slots;
  private final List<AnswerText.Piece> pieces;
  private final List<ImageSlots.Slot> decided = new ArrayList<>();

  Draft(ModelParts parts, Decoder.Decoded decoded, ImageSlots slots) {
    this.decoded = decoded;
    this.slots = slots;
    pieces = AnswerText.split(decoded.tokens(), parts.tokenizer(), decoded.imageStates().size());
    for (AnswerText.Piece piece : pieces) {
      if (piece.isImage()) {
        decided.add(slots.decide(decoded.imageStates().get(piece.slot()), piece.slot()));
      }
    }
  }

  /** What is to be drawn for it, in order. */
  List<ImageGenerator.Request> requests() {
    return decided.stream().filter(ImageSlots.Slot::draws).map(slots::request).toList();
  }

  /**
   * Puts the answer together.
   *
   * @param pictures what was drawn for each of {@link #requests}, in order
   * @param encode seconds that encoding took
   * @param decode seconds that decoding took
   * @param diffuse seconds that drawing took
   */
  Answer finish(
      Iterator<List<ImageGenerator.Picture>> pictures,
      double encode,
      double decode,
      double diffuse) {
    Iterator<ImageSlots.Slot> images = decided.iterator();
    List<AnswerPart> answer = new ArrayList<>();
    boolean draws = false;
    for (AnswerText.Piece piece : pieces) {
      if (piece.isImage()) {
        ImageSlots.Slot slot = images.next();
        draws |= slot.draws();
        answer.add(slots.finish(slot, slot.draws() ? pictures.next() : List.of()));
      } else {
        answer.add(new AnswerPart.Text(piece.text()));
      }
    }
    return new Answer(
        decoded.tokens(),
        answer,
        new Answer.Timings(encode, decode, slots.map(), slots.retrieve(), draws ? diffuse : 0));
  }
}
