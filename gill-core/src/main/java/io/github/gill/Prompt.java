package io.github.gill;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures and text in the order in which the model reads them.
 *
 * @param parts at least one part that is not an empty text
 */
public record Prompt(List<PromptPart> parts) {

  /** Copies the parts and checks that there is something in them. */
  public Prompt {
    parts = List.copyOf(parts);
    if (parts.stream().allMatch(part -> part.equals(new PromptPart.Text("")))) {
      throw new IllegalArgumentException("the prompt is empty; give it a text or a picture");
    }
  }

  /**
   * Makes a prompt of one text.
   *
   * @param text the text
   * @return the prompt
   */
  public static Prompt of(String text) {
    return builder().text(text).build();
  }

  /**
   * Starts an empty prompt.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects parts in order. */
  public static final class Builder {
    private final List<PromptPart> parts = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a text.
     *
     * @param text the text
     * @return this builder
     */
    public Builder text(String text) {
      return part(new PromptPart.Text(text));
    }

    /**
     * Adds a picture.
     *
     * @param image a decoded picture
     * @return this builder
     */
    public Builder image(BufferedImage image) {
      return part(new PromptPart.Image(image));
    }

    /**
     * Adds a picture.
     *
     * @param file a file that is read when the request runs
     * @return this builder
     */
    public Builder image(Path file) {
      return part(new PromptPart.ImageFile(file));
    }

    /**
     * Adds a picture.
     *
     * @param encoded the bytes of a picture file
     * @return this builder
     */
    public Builder image(byte[] encoded) {
      return part(new PromptPart.EncodedImage(encoded));
    }

    /**
     * Adds a part.
     *
     * @param part a text or a picture
     * @return this builder
     */
    public Builder part(PromptPart part) {
      parts.add(part);
      return this;
    }

    /**
     * Builds the prompt.
     *
     * @return the prompt
     * @throws IllegalArgumentException if it is empty
     */
    public Prompt build() {
      return new Prompt(parts);
    }
  }
}
