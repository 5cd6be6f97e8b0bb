package io.github.gill.examples.cli.options;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import org.jspecify.annotations.Nullable;

/**
 * The bundled model with the data to evaluate it, which are in the source folder. The jar of the
 * model has no data, so a program that was copied elsewhere has none.
 */
public final class BundledFolder {

  private static final String PLACE = "models/gill-tiny";

  private BundledFolder() {}

  /**
   * Returns the model folder that a command works on.
   *
   * @param model what {@code --model} says, or null where it is left out
   * @return that folder, else the bundled model's in the source folder of this program
   * @throws IllegalArgumentException if it is left out and this program is not in its source folder
   */
  public static Path or(@Nullable Path model) {
    if (model != null) {
      return model;
    }
    Path bundled = inSourceFolder(BundledFolder.class.getProtectionDomain().getCodeSource());
    if (bundled == null) {
      throw new IllegalArgumentException(
          "--model is left out, and there is no "
              + PLACE
              + " here: this program is not in the source folder that it was built in; give"
              + " --model");
    }
    return bundled;
  }

  /** Classes and jar are built in {@code examples/target}. */
  private static @Nullable Path inSourceFolder(@Nullable CodeSource program) {
    try {
      if (program == null) {
        return null;
      }
      Path built = Path.of(program.getLocation().toURI());
      Path model = built.resolve("../../../" + PLACE).normalize();
      return Files.isRegularFile(model.resolve("model_args.json")) ? model : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
