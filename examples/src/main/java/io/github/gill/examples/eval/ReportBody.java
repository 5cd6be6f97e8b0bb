package io.github.gill.examples.eval;

import java.util.ArrayList;
import java.util.List;

/** Collects the blocks of a report in their order. */
final class ReportBody {

  private final List<Block> blocks = new ArrayList<>();

  void heading(int level, String text) {
    add(new Block.Heading(level, text));
  }

  void paragraph(String text) {
    add(new Block.Paragraph(text));
  }

  void table(List<String> header, List<List<String>> rows) {
    add(new Block.Table(header, rows));
  }

  void add(Block block) {
    blocks.add(block);
  }

  List<Block> blocks() {
    return List.copyOf(blocks);
  }
}
