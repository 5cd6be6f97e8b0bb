package io.github.gill.examples.eval;

import io.github.gill.PromptPart;
import io.github.gill.examples.eval.Block.Gallery.Cell;
import io.github.gill.examples.eval.GenerationItem.Context;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What an item gave and what became of it, as rows of pictures. */
final class Galleries {

  /** Which items are shown. */
  static final String FIRST = "The first %d, not chosen.";

  private Galleries() {}

  /**
   * The first items of a task.
   *
   * @param count how many at most
   * @param words with a place for how many there are
   */
  static Block.Gallery first(
      String task, List<GenerationItem> items, int count, String words, Scores scores) {
    List<String> systems = new ScoreText(scores).systems(task);
    List<Block.Gallery.Row> rows =
        items.stream().limit(count).map(item -> row(task, item, scores, systems)).toList();
    return new Block.Gallery(words.formatted(rows.size()), rows);
  }

  /** The richest context, the true picture, and the first picture of every system. */
  private static Block.Gallery.Row row(
      String task, GenerationItem item, Scores scores, List<String> systems) {
    Context richest = item.contexts().get(item.contexts().size() - 1);
    List<PromptPart> prompt = richest.prompt();
    List<Block.Gallery.Line> lines = new ArrayList<>();
    for (Context context : item.contexts()) {
      List<Cell> drawn = new ArrayList<>();
      for (String system : systems) {
        if (system.equals(Tasks.CHANCE)) {
          continue;
        }
        Result result = scores.of(new Result.Key(task, item.id(), context.name(), system));
        List<String> pictures = result == null ? List.of() : result.pictures();
        drawn.add(
            new Cell(
                ScoreText.title(system), pictures.isEmpty() ? null : Path.of(pictures.get(0))));
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
