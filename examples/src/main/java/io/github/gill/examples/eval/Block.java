package io.github.gill.examples.eval;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of the report, which each page writes in its own way. */
sealed interface Block {

  /** A heading; level 1 is the page's. */
  record Heading(int level, String text) implements Block {}

  /** A paragraph of plain words. */
  record Paragraph(String text) implements Block {}

  /** A command to type. */
  record Command(String text) implements Block {}

  /** A table whose first column names the rows. */
  record Table(List<String> header, List<List<String>> rows) implements Block {

    /** Copies the lists. */
    public Table {
      header = List.copyOf(header);
      rows = rows.stream().map(List::copyOf).toList();
    }
  }

  /** Claims held against figures. */
  record Claims(List<Claim> claims) implements Block {

    /** Copies the lists. */
    public Claims {
      claims = List.copyOf(claims);
    }
  }

  /** Bars of predicted and observed shares, for calibration. */
  record Bars(String label, List<Bar> bars) implements Block {

    /** Copies the lists. */
    public Bars {
      bars = List.copyOf(bars);
    }

    /** How often something that was given a probability came true. */
    record Bar(double predicted, double observed, int count) {}
  }

  /** Pictures with words under each; only pages that show pictures have them. */
  record Figures(List<Gallery.Cell> cells) implements Block {

    /** Copies the list. */
    public Figures {
      cells = List.copyOf(cells);
    }
  }

  /** Pictures side by side; only pages that show pictures have them. */
  record Gallery(String words, List<Row> rows) implements Block {

    /** Copies the lists. */
    public Gallery {
      rows = List.copyOf(rows);
    }

    /** One item: what was given, what should have been drawn, and what was, context by context. */
    record Row(List<Cell> given, Path truth, List<Line> lines) {

      /** Copies the lists. */
      public Row {
        given = List.copyOf(given);
        lines = List.copyOf(lines);
      }
    }

    /** What every system drew from one context; a cell without a picture where one drew none. */
    record Line(String context, List<Cell> drawn) {

      /** Copies the list. */
      public Line {
        drawn = List.copyOf(drawn);
      }
    }

    /** Words, a picture, or both. */
    record Cell(String words, @Nullable Path picture) {}
  }
}
