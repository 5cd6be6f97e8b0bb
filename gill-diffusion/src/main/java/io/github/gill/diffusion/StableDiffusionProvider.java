package io.github.gill.diffusion;

import io.github.gill.UnsupportedRequestException;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.ModelContext;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opens {@link StableDiffusion} for core, which finds it through its service loader. */
public final class StableDiffusionProvider implements ImageGenerator.Provider {

  /** Makes a provider; called by {@link java.util.ServiceLoader}. */
  public StableDiffusionProvider() {}

  @Override
  public ImageGenerator open(ModelContext context) {
    @Nullable Path folder = context.diffusion();
    if (folder == null) {
      throw new UnsupportedRequestException(
          "the model has no diffusion folder; put Stable Diffusion's files under diffusion/ in "
              + context.folder());
    }
    return StableDiffusion.open(folder, context.device(), context.precision(), context.limits());
  }
}
