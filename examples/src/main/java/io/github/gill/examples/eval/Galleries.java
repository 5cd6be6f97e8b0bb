package io.github.gill.examples.eval;

import io.github.gill.PromptPart;
import io.github.gill.examples.eval.Block.Gallery.Cell;
import io.github.gill.examples.eval.GenerationItem.Context;
import io.github.gill.examples.eval.Scores.Column;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What an item gave and what became of it, as rows of pictures. */
final class Galleries {

  private Galleries() {}

  /** The richest context, the true picture, and the first picture of every system. */
  static Block.Gallery.Row row(GenerationItem item, Scores scores) {
    Context richest = item.contexts().get(item.contexts().size() - 1);
    List<PromptPart> prompt = richest.prompt();
    List<Block.Gallery.Line> lines = new ArrayList<>();
    for (Context context : item.contexts()) {
      List<Cell> drawn = new ArrayList<>();
      for (String system : scores.systems(item.task())) {
        Result result =
            scores
                .column(new Column(item.task(), context.name(), system, Tasks.SIMILARITY))
                .get(item.id());
        List<String> pictures = result == null ? List.of() : result.pictures();
        drawn.add(
            new Cell(Report.title(system), pictures.isEmpty() ? null : Path.of(pictures.get(0))));
      }
      lines.add(new Block.Gallery.Line(context.name(), drawn));
    }
    return new Block.Gallery.Row(prompt == null ? List.of() : cells(prompt), item.truth(), lines);
  }

  /** Each picture stands under the words before it. */
  private static List<Cell> cells(List<PromptPart> prompt) {
    List<Cell> cells = new ArrayList<>();
    String words = "";
    for (PromptPart part : prompt) {
      if (part instanceof PromptPart.ImageFile image) {
        cells.add(new Cell(words, image.file()));
        words = "";
      } else if (part instanceof PromptPart.Text text) {
        words = text.text();
      }
    }
    if (!words.isEmpty()) {
      cells.add(new Cell(words, null));
    }
    return cells;
  }
}
