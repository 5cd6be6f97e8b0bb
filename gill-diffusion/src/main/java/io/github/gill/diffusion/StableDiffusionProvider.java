package io.github.gill.diffusion;

import io.github.gill.UnsupportedRequestException;
import io.github.gill.spi.ImageGenerator;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.PartReport;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens {@link StableDiffusion} for core, which finds it through its service loader. */
public final class StableDiffusionProvider implements ImageGenerator.Provider {

  /** GILLMapper has them, whose conditioning has the very size that model_args.json says. */
  private static final String QUERIES = "gen_text_hidden_fcs.0.query_embs";

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
    if (folder == null) {
      return List.of();
    }
    List<PartReport> reports =
        Components.inspect(folder, context.device(), context.precision(), context.asStored());
    if (reports.stream().anyMatch(report -> report.problem() != null)) {
      return reports;
    }
    PartReport together =
        PartReport.of(
            "diffusion as a whole",
            folder.toString(),
            context.device(),
            context.precision(),
            () -> {
              PartSizes sizes = PartSizes.read(folder);
              if (context.trained().tensors().containsKey(QUERIES)) {
                sizes.conditioningTokens(
                    context.args().conditioningTokens(), context.args().conditioningSize());
              }
              return 0;
            });
    return together.problem() == null
        ? reports
        : Stream.concat(reports.stream(), Stream.of(together)).toList();
  }
}
