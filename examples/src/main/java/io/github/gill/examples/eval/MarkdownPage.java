package io.github.gill.examples.eval;

import java.util.List;
import java.util.stream.Collectors;

/** The report as Markdown, without its pictures. */
final class MarkdownPage {

  private MarkdownPage() {}

  static String write(List<Block> blocks) {
    return blocks.stream()
        .map(MarkdownPage::block)
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining("\n\n", "", "\n"));
  }

  private static String block(Block block) {
    if (block instanceof Block.Heading heading) {
      return "#".repeat(heading.level()) + " " + heading.text();
    }
    if (block instanceof Block.Paragraph paragraph) {
      return paragraph.text();
    }
    if (block instanceof Block.Command command) {
      return "```\n" + command.text() + "\n```";
    }
    if (block instanceof Block.Table table) {
      return table(table.header(), table.rows());
    }
    if (block instanceof Block.Claims claims) {
      return claims.claims().stream().map(MarkdownPage::claim).collect(Collectors.joining("\n\n"));
    }
    if (block instanceof Block.Bars bars) {
      return table(
          List.of(bars.label(), "how often it was", "prompts"),
          bars.bars().stream()
              .map(
                  bar ->
                      List.of(
                          "%.2f".formatted(bar.predicted()),
                          "%.2f".formatted(bar.observed()),
                          Integer.toString(bar.count())))
              .toList());
    }
    return "";
  }

  private static String claim(Claim claim) {
    return "### "
        + claim.question()
        + "\n\n**"
        + claim.words()
        + "** In the paper: "
        + claim.paper()
        + " Here: "
        + claim.here()
        + "\n\n"
        + table(
            List.of("comparison", "difference", ""),
            claim.evidence().stream()
                .map(e -> List.of(e.words(), e.figure(), e.verdict().toString()))
                .toList());
  }

  private static String table(List<String> header, List<List<String>> rows) {
    StringBuilder table = new StringBuilder(line(header)).append('\n');
    table.append("|---".repeat(header.size())).append('|');
    rows.forEach(row -> table.append('\n').append(line(row)));
    return table.toString();
  }

  private static String line(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|").replace('\n', ' '))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }
}
