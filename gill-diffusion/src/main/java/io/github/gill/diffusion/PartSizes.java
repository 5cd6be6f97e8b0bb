package io.github.gill.diffusion;

import io.github.gill.ModelFileException;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.checkpoint.ModelConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of one model have to agree on.
 *
 * @param folder the model's, for messages
 * @param unet the UNet's shape
 * @param vae the VAE's shape
 * @param text the text encoder's shape, or null if the model has none
 */
record PartSizes(Path folder, UNetConfig unet, VaeConfig vae, @Nullable TextEncoderConfig text) {

  /** Checks that the parts fit each other. */
  PartSizes {
    if (vae.latentChannels() != unet.latentChannels()) {
      throw new ModelFileException(
          "%s: the VAE has %d latent channels, the UNet %d; use parts of one model"
              .formatted(folder, vae.latentChannels(), unet.latentChannels()));
    }
    if (text != null && text.hidden() != unet.conditioningSize()) {
      throw new ModelFileException(
          "%s: the text encoder has hidden_size %d, the UNet cross_attention_dim %d; use parts of one model"
              .formatted(folder, text.hidden(), unet.conditioningSize()));
    }
  }

  /**
   * Reads a model's configurations alone.
   *
   * @throws ModelFileException if they cannot be read, do not fit each other or are another
   *     pipeline's
   */
  static PartSizes read(Path folder) {
    @Nullable ModelConfig index = Components.index(folder);
    return new PartSizes(
        folder,
        UNetConfig.of(config(folder, "unet")),
        VaeConfig.of(config(folder, "vae")),
        Components.present(folder, index, "text_encoder")
            ? TextEncoderConfig.of(config(folder, "text_encoder"))
            : null);
  }

  private static ModelConfig config(Path folder, String part) {
    return ModelConfig.read(folder.resolve(part).resolve("config.json"));
  }

  /**
   * Says how many rows the UNet gets of a conditioning of {@code rows} × {@code columns}, which the
   * text encoder's length fills up with zeros. The original's linear maps give few long rows, which
   * are read on as rows of the UNet's.
   *
   * @throws UnsupportedRequestException if it fits neither
   */
  int conditioningTokens(int rows, int columns) {
    int size = unet.conditioningSize();
    int positions = text == null ? 0 : text.positions();
    boolean readOn = rows != positions && (long) rows * columns % size == 0;
    if (columns != size && !readOn) {
      throw new UnsupportedRequestException(
          "the conditioning has rows of %d, but %s/unet takes rows of %d; use the diffusion model that the GILL model was trained with"
              .formatted(columns, folder.getFileName(), size));
    }
    int tokens = Math.toIntExact((long) rows * columns / size);
    if (text != null && tokens > positions) {
      throw new UnsupportedRequestException(
          "the conditioning has %d rows, but the text encoder has %d positions; use the diffusion model that the GILL model was trained with"
              .formatted(tokens, positions));
    }
    return text == null ? tokens : positions;
  }
}
