package io.github.gill.spi;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code generation_config.json}: how a diffusion model wants to be used. */
public final class GenerationConfig {

  private static final String FILE = "generation_config.json";

  private GenerationConfig() {}

  /**
   * The guidance scale that a model draws with where the settings name none.
   *
   * @param folder the diffusion model's, or null if there is none
   * @return {@code guidance_scale} of the file, else 7.5 as in the original
   * @throws ModelFileException if the file is not JSON or the number is not from 0 to 100
   */
  public static double guidance(@Nullable Path folder) {
    if (folder == null || !Files.exists(folder.resolve(FILE))) {
      return 7.5;
    }
    double guidance = ModelConfig.read(folder.resolve(FILE)).number("guidance_scale", 7.5);
    if (!(guidance >= 0 && guidance <= 100)) {
      throw new ModelFileException(
          folder.resolve(FILE) + ": guidance_scale is " + guidance + "; use 0 to 100");
    }
    return guidance;
  }
}
