package io.github.gill.spi;

import io.github.gill.DiffusionSettings;
import java.awt.image.BufferedImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Draws pictures from a conditioning or from text with a latent diffusion model.
 *
 * <p>Called by one thread at a time.
 */
public interface ImageGenerator extends AutoCloseable {

  /** What a picture is drawn from. */
  sealed interface Source permits Text, Conditioning {}

  /**
   * Text for the generator's own text encoder: the Stable Diffusion baseline.
   *
   * @param prompt the text; what goes over the encoder's length is cut, as in the original
   */
  record Text(String prompt) implements Source {}

  /**
   * A conditioning in place of the text encoder's output.
   *
   * @param states T × C; fewer rows than the text encoder has positions are padded with zeros
   */
  record Conditioning(Matrix states) implements Source {}

  /**
   * One call.
   *
   * @param source what to draw
   * @param settings how to draw it
   * @param initialImage the picture to start from (image-to-image), or null for pure noise
   * @param count how many pictures to draw, at least 1; drawn in batches of at most 8 from one
   *     random stream, as in the original
   * @param earlier how many pictures of the same settings come before these in the stream, at least
   *     0; the original draws all image slots of an answer from one stream
   */
  record Request(
      Source source,
      DiffusionSettings settings,
      @Nullable BufferedImage initialImage,
      int count,
      int earlier) {

    /** Checks the counts. */
    public Request {
      if (count < 1) {
        throw new IllegalArgumentException("count is " + count + "; draw at least 1 picture");
      }
      if (earlier < 0) {
        throw new IllegalArgumentException("earlier is " + earlier + "; use 0 or more");
      }
    }

    /**
     * A call that begins its random stream.
     *
     * @param source what to draw
     * @param settings how to draw it
     * @param initialImage the picture to start from, or null
     * @param count how many pictures to draw, at least 1
     */
    public Request(
        Source source,
        DiffusionSettings settings,
        @Nullable BufferedImage initialImage,
        int count) {
      this(source, settings, initialImage, count, 0);
    }
  }

  /**
   * A drawn picture.
   *
   * @param image the picture in RGB, also when it is flagged: the caller withholds it
   * @param flagged whether the safety checker objects
   */
  record Picture(BufferedImage image, boolean flagged) {}

  /**
   * Draws pictures.
   *
   * @param request what and how
   * @param progress told of every step; traces {@code latents} (steps + 1, 4, h, w) of the first
   *     picture
   * @return {@link Request#count()} pictures in the order of their noise
   * @throws io.github.gill.GillException if the request cannot be met or was cancelled
   */
  List<Picture> generate(Request request, Progress progress);

  /**
   * Draws what several requests ask for, together where that is possible.
   *
   * @param requests what and how
   * @param progress told of every step
   * @return for each request the pictures that {@link #generate} returns for it
   * @throws io.github.gill.GillException if a request cannot be met or was cancelled
   */
  default List<List<Picture>> generateAll(List<Request> requests, Progress progress) {
    return requests.stream().map(request -> generate(request, progress)).toList();
  }

  /**
   * Returns the size of pictures whose settings name none.
   *
   * @return width and height in pixels
   */
  int defaultSize();

  /** Frees the weights. */
  @Override
  void close();

  /** Opens generators; found through {@link java.util.ServiceLoader}. */
  interface Provider {

    /**
     * Loads the model in {@link ModelContext#diffusion()}.
     *
     * @param context the model
     * @return the generator, which the caller closes
     * @throws io.github.gill.ModelFileException if files or tensors are missing or do not fit
     */
    ImageGenerator open(ModelContext context);

    /**
     * Looks at what {@link #open} would load, without loading it.
     *
     * @param context the model
     * @return a report for each network, with problems in words
     */
    default List<PartReport> inspect(ModelContext context) {
      return List.of();
    }
  }
}
