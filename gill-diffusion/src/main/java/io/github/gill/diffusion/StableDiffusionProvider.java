package io.github.gill.diffusion;

import io.github.gill.UnsupportedRequestException;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.PartReport;
import java.nio.file.Path;
import java.util.List;
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
    return StableDiffusion.open(
        folder, context.device(), context.precision(), context.asStored(), context.limits());
  }

  @Override
  public List<PartReport> inspect(ModelContext context) {
    @Nullable Path folder = context.diffusion();
    return folder == null
        ? List.of()
        : Components.inspect(folder, context.device(), context.precision(), context.asStored());
  }
}
