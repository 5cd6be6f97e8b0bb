package io.github.gill.examples.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.examples.eval.Block.Gallery;
import io.github.gill.examples.eval.Claim.Evidence;
import io.github.gill.examples.eval.Claim.Verdict;
import io.github.gill.examples.eval.metrics.Interval;
import io.github.gill.vision.PngWriter;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagesTest {

  @TempDir Path out;

  private static Evidence evidence(double low, double high, double p) {
    return new Evidence("a against b", new Interval((low + high) / 2, low, high, 9), p);
  }

  private static Claim claim(Evidence... evidence) {
    return new Claim("Does it help?", "Yes.", "0.2 → 0.4.", List.of(evidence));
  }

  @Test
  void decidesByIntervalAndTest() {
    Evidence yes = evidence(0.1, 0.3, 0.001);
    Evidence no = evidence(-0.3, -0.1, Double.NaN);
    Evidence chance = evidence(0.1, 0.3, 0.25);
    assertEquals(Verdict.UNDECIDED, chance.verdict());
    assertEquals(Verdict.UNDECIDED, evidence(-0.1, 0.3, 0.01).verdict());
    assertEquals(Verdict.YES, claim(yes, yes).verdict());
    assertEquals(Verdict.PARTLY, claim(yes, no, chance).verdict());
    assertEquals(Verdict.NO, claim(no, chance).verdict());
    assertEquals(
        "In part: in 1 of 3 comparisons, and in 1 it is the other way round; in 1 it is not shown.",
        claim(yes, no, chance).words());
    assertEquals(
        "Not shown: the difference is no larger than chance could make.", claim(chance).words());
    assertEquals(
        "No, the miniature disagrees with the paper: in 1 of 2 comparisons it is the other way"
            + " round.",
        claim(no, chance).words());
    assertEquals("−0.200 (95%: −0.300 to −0.100, n = 9)", no.figure());
  }

  @Test
  void writesMarkdown() {
    String page =
        MarkdownPage.write(
            List.of(
                new Block.Heading(2, "Words"),
                new Block.Table(List.of("a|b", "c"), List.of(List.of("1\n2", "3"))),
                new Block.Claims(List.of(claim(evidence(0.1, 0.3, 0.0001)))),
                new Gallery("not here", List.of())));
    assertEquals(
        """
        ## Words

        | a\\|b | c |
        |---|---|
        | 1 2 | 3 |

        ### Does it help?

        **Yes.** In the paper: Yes. Here: 0.2 → 0.4.

        | comparison | difference |  |
        |---|---|---|
        | a against b | +0.200 (95%: +0.100 to +0.300, n = 9, p < 0.001) | shown |
        """,
        page);
  }

  /** The page needs no network and no file beside it; words of the data cannot break out. */
  @Test
  void writesOneFileThatHoldsItsPictures() throws IOException {
    PngWriter.write(
        new BufferedImage(512, 256, BufferedImage.TYPE_INT_RGB), Map.of(), out.resolve("a.png"));
    Gallery.Row row =
        new Gallery.Row(
            List.of(new Gallery.Cell("<script>alert(\"1\")</script>", Path.of("a.png"))),
            Path.of("a.png"),
            List.of(
                new Gallery.Line(
                    "5 captions",
                    List.of(
                        new Gallery.Cell("GILL", Path.of("missing.png")),
                        new Gallery.Cell("drew nothing", null)))));
    String page =
        HtmlPage.write(
            List.of(
                new Block.Heading(1, "Fox & hen"),
                new Block.Claims(List.of(claim(evidence(0.1, 0.3, 0.01)))),
                new Block.Bars("p", List.of(new Block.Bars.Bar(0.2, 0.4, 7))),
                new Gallery("first", List.of(row))),
            out);
    assertTrue(page.contains("<title>Fox &amp; hen</title>"));
    assertFalse(page.contains("<script"), "the data's words are not escaped");
    assertFalse(
        Pattern.compile("(?:src|href)=\"(?!data:)|url\\(|@import").matcher(page).find(),
        "the page refers to something outside");
    Matcher picture = Pattern.compile("data:image/png;base64,([^\"]+)").matcher(page);
    assertTrue(picture.find());
    BufferedImage shown =
        ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(picture.group(1))));
    assertEquals(128, shown.getWidth());
    assertEquals(64, shown.getHeight());
    assertTrue(page.contains("<div class=\"gone\">"), "a missing picture is not shown as missing");
    assertFalse(page.contains("drew nothing"), "a system without pictures has a column");
  }
}
