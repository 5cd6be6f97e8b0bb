package io.github.gill.examples.eval;

import io.github.gill.PictureException;
import io.github.gill.examples.eval.Block.Gallery.Cell;
import io.github.gill.examples.eval.data.PictureFolder;
import io.github.gill.vision.PngWriter;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The report as one file of HTML that needs nothing beside it: pictures and style are in it. */
final class HtmlPage {

  /** Pictures are shrunk to this side at most, so that a page of hundreds stays light. */
  private static final int SIDE = 128;

  private final Path out;
  private final Map<Path, String> pictures = new HashMap<>();

  private HtmlPage(Path out) {
    this.out = out;
  }

  /**
   * Writes the page.
   *
   * @param blocks the report
   * @param out what the pictures' paths are relative to
   */
  static String write(List<Block> blocks, Path out) {
    HtmlPage page = new HtmlPage(out);
    String title =
        blocks.stream()
            .filter(block -> block instanceof Block.Heading)
            .map(block -> ((Block.Heading) block).text())
            .findFirst()
            .orElse("GILL");
    String body = blocks.stream().map(page::block).collect(Collectors.joining("\n"));
    return template()
        .replace("{{title}}", escape(title))
        .replace("{{sections}}", sections(blocks))
        .replace("{{body}}", body);
  }

  private static String sections(List<Block> blocks) {
    return blocks.stream()
        .filter(block -> block instanceof Block.Heading heading && heading.level() == 2)
        .map(block -> ((Block.Heading) block).text())
        .map(text -> "<a href=\"#%s\">%s</a>".formatted(PictureFiles.slug(text), escape(text)))
        .collect(Collectors.joining("\n"));
  }

  private static String template() {
    try (InputStream in = HtmlPage.class.getResourceAsStream("page.html")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the page's template cannot be read from the jar", e);
    }
  }

  private String block(Block block) {
    if (block instanceof Block.Heading heading) {
      return "<h%d id=\"%s\">%s</h%d>"
          .formatted(
              heading.level(),
              PictureFiles.slug(heading.text()),
              escape(heading.text()),
              heading.level());
    }
    if (block instanceof Block.Paragraph paragraph) {
      return "<p>" + escape(paragraph.text()) + "</p>";
    }
    if (block instanceof Block.Command command) {
      return "<pre>" + escape(command.text()) + "</pre>";
    }
    if (block instanceof Block.Table table) {
      return table(table.header(), table.rows());
    }
    if (block instanceof Block.Claims claims) {
      return claims.claims().stream()
          .map(HtmlPage::claim)
          .collect(Collectors.joining("\n", "<div class=\"claims\">", "</div>"));
    }
    if (block instanceof Block.Bars bars) {
      return bars(bars);
    }
    if (block instanceof Block.Figures figures) {
      return figures.cells().stream()
          .map(this::given)
          .collect(Collectors.joining("", "<div class=\"figures\">", "</div>"));
    }
    Block.Gallery gallery = (Block.Gallery) block;
    return gallery.rows().stream()
        .map(this::row)
        .collect(
            Collectors.joining(
                "\n",
                "<details open class=\"gallery\"><summary>Pictures</summary><p class=\"note\">"
                    + escape(gallery.words())
                    + "</p>",
                "</details>"));
  }

  /** The context, then a line of pictures for each part of it; what drew nothing has no column. */
  private String row(Block.Gallery.Row row) {
    String given = row.given().stream().map(this::given).collect(Collectors.joining());
    List<String> systems =
        row.lines().stream()
            .flatMap(line -> line.drawn().stream())
            .filter(cell -> cell.picture() != null)
            .map(Cell::words)
            .distinct()
            .toList();
    StringBuilder drawn = new StringBuilder("<div class=\"wide\"><table class=\"drawn\"><tr><td>");
    drawn.append("<th class=\"truth\">true picture");
    systems.forEach(system -> drawn.append(column("th", system)).append(escape(system)));
    for (int i = 0; i < row.lines().size(); i++) {
      Block.Gallery.Line line = row.lines().get(i);
      drawn.append("<tr><th>").append(escape(line.context()));
      if (i == 0) {
        drawn.append("<td class=\"truth\" rowspan=\"%d\">".formatted(row.lines().size()));
        drawn.append(picture(row.truth(), "true picture"));
      }
      for (String system : systems) {
        drawn.append(column("td", system));
        line.drawn().stream()
            .filter(cell -> cell.words().equals(system) && cell.picture() != null)
            .forEach(cell -> drawn.append(picture(cell.picture(), system)));
      }
    }
    return "<div class=\"row\"><div class=\"given\">"
        + given
        + "</div>"
        + drawn
        + "</table></div></div>";
  }

  private static String column(String tag, String system) {
    return "<" + tag + (system.equals(EvaluatedModel.OWN) ? " class=\"own\">" : ">");
  }

  private String given(Cell cell) {
    return "<figure>%s<figcaption>%s</figcaption></figure>"
        .formatted(
            cell.picture() == null ? "" : picture(cell.picture(), cell.words()),
            escape(cell.words()).replace("\n", "<br>"));
  }

  private static String table(List<String> header, List<List<String>> rows) {
    return rows.stream()
        .map(row -> cells(row, "td"))
        .collect(
            Collectors.joining(
                "\n",
                "<div class=\"wide\"><table><thead>" + cells(header, "th") + "</thead><tbody>",
                "</tbody></table></div>"));
  }

  private static String cells(List<String> row, String tag) {
    StringBuilder line = new StringBuilder("<tr>");
    for (int i = 0; i < row.size(); i++) {
      String kind = i == 0 ? "th" : tag;
      boolean words = tag.equals("td") && row.get(i).length() > 40;
      line.append('<').append(kind).append(words ? " class=\"words\">" : ">");
      line.append(figure(row.get(i))).append("</").append(kind).append('>');
    }
    return line.append("</tr>").toString();
  }

  /** The interval behind a figure is written smaller. */
  private static String figure(String cell) {
    return escape(cell)
        .replaceFirst("^(−?[0-9.]+)((?: ± [0-9.]+)? \\([^)]*\\))$", "$1<small>$2</small>");
  }

  private static String claim(Claim claim) {
    return "<section class=\"claim "
        + claim.verdict().name().toLowerCase(Locale.ROOT)
        + "\"><p class=\"badge\">"
        + escape(claim.verdict().toString())
        + "</p><h3>"
        + escape(claim.question())
        + "</h3><p class=\"verdict\">"
        + escape(claim.words())
        + "</p><dl><dt>In the paper<dd>"
        + escape(claim.paper())
        + "<dt>Here<dd>"
        + escape(claim.here())
        + "</dl>"
        + claim.evidence().stream()
            .map(evidence -> evidence(evidence, reach(claim)))
            .collect(Collectors.joining())
        + "</section>";
  }

  /** The largest difference that a claim's graphics show, so that they share one scale. */
  private static double reach(Claim claim) {
    return claim.evidence().stream()
        .map(Claim.Evidence::interval)
        .mapToDouble(i -> 1.1 * Math.max(Math.abs(i.low()), Math.abs(i.high())))
        .reduce(0.02, Math::max);
  }

  /** A difference as a dot on its interval, beside a line at zero. */
  private static String evidence(Claim.Evidence evidence, double reach) {
    return """
    <div class="evidence %s"><span>%s</span>
    <svg viewBox="-100 -8 200 16" role="img" aria-label="%s"><line x1="-100" x2="100" class="axis"/>
    <line y1="-8" y2="8" class="zero"/><line x1="%s" x2="%s" class="range"/><circle cx="%s" r="5"/></svg>
    <small>%s</small></div>
    """
        .formatted(
            evidence.verdict().name().toLowerCase(Locale.ROOT),
            escape(evidence.words()),
            escape(evidence.figure()),
            place(evidence.interval().low(), reach),
            place(evidence.interval().high(), reach),
            place(evidence.interval().mean(), reach),
            escape(evidence.figure()));
  }

  private static String place(double value, double reach) {
    return String.format(Locale.ROOT, "%.1f", 96 * value / reach);
  }

  /** What was predicted against what came true; the diagonal is perfect. */
  private static String bars(Block.Bars bars) {
    StringBuilder svg =
        new StringBuilder(
            "<figure class=\"calibration\"><svg viewBox=\"-4 -4 108 108\" role=\"img\">"
                + "<path d=\"M0 0V100H100M0 100L100 0\" class=\"axis\"/>");
    for (Block.Bars.Bar bar : bars.bars()) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%.2f predicted, %.2f observed, %d"
                  + " prompts</title></circle>",
              100 * bar.predicted(),
              100 - 100 * bar.observed(),
              Math.max(1.2, Math.sqrt(bar.count()) / 2.5),
              bar.predicted(),
              bar.observed(),
              bar.count()));
    }
    return svg.append("</svg><figcaption>")
        .append(
            escape("Across: " + bars.label() + ". Up: how often it was. On the line it is right."))
        .append("</figcaption></figure>")
        .toString();
  }

  private String picture(Path file, String words) {
    String data =
        pictures.computeIfAbsent(
            out.resolve(file),
            path -> {
              try {
                BufferedImage picture = PictureFolder.read(path);
                byte[] png = PngWriter.encode(small(picture), Map.of());
                return Base64.getEncoder().encodeToString(png);
              } catch (PictureException e) {
                return "";
              }
            });
    return data.isEmpty()
        ? "<div class=\"gone\">gone</div>"
        : "<img alt=\"" + escape(words) + "\" src=\"data:image/png;base64," + data + "\">";
  }

  private static BufferedImage small(BufferedImage picture) {
    int longer = Math.max(picture.getWidth(), picture.getHeight());
    return longer <= SIDE
        ? picture
        : Resampling.resize(
            picture,
            Math.max(1, picture.getWidth() * SIDE / longer),
            Math.max(1, picture.getHeight() * SIDE / longer));
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
