package io.github.gill.examples.terminal;

import io.github.gill.vision.PngWriter;
import io.github.gill.vision.Resampling;
import java.awt.image.BufferedImage;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/** The ways in which terminals show pictures inline. */
enum PictureDisplay {
  /** Kitty's graphics protocol: kitty, Ghostty, WezTerm. */
  KITTY {
    @Override
    String sequence(BufferedImage image) {
      String data = base64(image);
      StringBuilder sequence = new StringBuilder();
      for (int from = 0; from < data.length(); from += CHUNK) {
        int to = Math.min(data.length(), from + CHUNK);
        sequence
            .append("\033_G")
            .append(from == 0 ? "a=T,f=100,q=2," : "q=2,")
            .append("m=")
            .append(to < data.length() ? 1 : 0)
            .append(';')
            .append(data, from, to)
            .append("\033\\");
      }
      return sequence.append('\n').toString();
    }
  },
  /** iTerm2's inline images. */
  ITERM2 {
    @Override
    String sequence(BufferedImage image) {
      return "\033]1337;File=inline=1;preserveAspectRatio=1:" + base64(image) + "\007\n";
    }
  },
  /** Sixel graphics: foot, mlterm, xterm with them enabled. */
  SIXEL {
    @Override
    String sequence(BufferedImage image) {
      return Sixel.encode(image);
    }
  },
  /** None: the caller names a file. */
  NONE {
    @Override
    String sequence(BufferedImage image) {
      return "";
    }
  };

  private static final int CHUNK = 4096;

  /** Small pictures are enlarged to be seen, large ones fit the screen. */
  private static final int SIDE = 256;

  /**
   * Guesses from what the terminal says of itself; {@code GILL_PICTURES} (kitty, iterm2, sixel or
   * none) overrules.
   */
  static PictureDisplay detect(Map<String, String> environment) {
    String wish = environment.getOrDefault("GILL_PICTURES", "").toLowerCase(Locale.ROOT);
    for (PictureDisplay display : values()) {
      if (display.name().toLowerCase(Locale.ROOT).equals(wish)) {
        return display;
      }
    }
    String term = environment.getOrDefault("TERM", "");
    String program = environment.getOrDefault("TERM_PROGRAM", "");
    if (environment.containsKey("TMUX") || term.startsWith("screen")) {
      return NONE;
    }
    if (environment.containsKey("KITTY_WINDOW_ID")
        || term.contains("kitty")
        || program.equals("ghostty")
        || program.equals("WezTerm")) {
      return KITTY;
    }
    if (program.equals("iTerm.app")) {
      return ITERM2;
    }
    boolean sixels = term.startsWith("foot") || term.contains("sixel") || term.startsWith("mlterm");
    return sixels ? SIXEL : NONE;
  }

  /** The bytes that show a picture at the cursor. */
  final String show(BufferedImage image) {
    int side = Math.max(image.getWidth(), image.getHeight());
    int width = Math.max(1, image.getWidth() * SIDE / side);
    int height = Math.max(1, image.getHeight() * SIDE / side);
    return this == NONE ? "" : sequence(Resampling.resize(image, width, height));
  }

  abstract String sequence(BufferedImage image);

  private static String base64(BufferedImage image) {
    return Base64.getEncoder().encodeToString(PngWriter.encode(image, Map.of()));
  }
}
