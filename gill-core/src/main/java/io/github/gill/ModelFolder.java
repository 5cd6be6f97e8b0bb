package io.github.gill;

import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FileErrors;
import io.github.gill.checkpoint.HubCache;
import io.github.gill.checkpoint.RenamedCheckpoint;
import io.github.gill.language.ModelArgs;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a model are: a setting of the builder, a folder inside the model folder, or
 * the Hugging Face cache, in this order. Nothing is opened by looking. Immutable.
 */
public final class ModelFolder {

  /** The repository that the original names was moved by its owner. */
  private static final List<String> STABLE_DIFFUSION =
      List.of("stable-diffusion-v1-5/stable-diffusion-v1-5", "runwayml/stable-diffusion-v1-5");

  private static final String DIFFUSION = "diffusion";

  private final Path root;
  private final @Nullable Path languageModel;
  private final @Nullable Path vision;
  private final @Nullable Path diffusion;
  private final HubCache cache;
  private final @Nullable Downloads downloads;

  /** Fetches a repository that is nowhere on this machine. */
  @FunctionalInterface
  interface Downloads {
    /** Returns the folder that then holds the manifest's files. */
    Path fetch(ModelManifest manifest);
  }

  ModelFolder(
      Path root,
      @Nullable Path languageModel,
      @Nullable Path vision,
      @Nullable Path diffusion,
      HubCache cache,
      @Nullable Downloads downloads) {
    if (!Files.isDirectory(root)) {
      throw new ModelFileException(
          root + " is not a folder; give the folder that holds model_args.json");
    }
    this.root = root;
    this.languageModel = languageModel;
    this.vision = vision;
    this.diffusion = diffusion;
    this.cache = cache;
    this.downloads = downloads;
  }

  /**
   * Looks at a model folder and this user's Hugging Face cache.
   *
   * @param root a folder in the official layout
   * @return its parts' places
   * @throws ModelFileException if it is not a folder
   */
  public static ModelFolder of(Path root) {
    return new ModelFolder(root, null, null, null, HubCache.fromEnvironment(), null);
  }

  /**
   * Returns the model folder.
   *
   * @return the folder that holds {@code model_args.json}
   */
  public Path root() {
    return root;
  }

  /**
   * Finds the language model.
   *
   * @param args the model's arguments, which name it
   * @return a folder as on the hub
   * @throws ModelFileException if it is nowhere
   */
  public Path languageModel(ModelArgs args) {
    return find("the language model", languageModel, "lm", List.of(args.optVersion()));
  }

  /**
   * Finds the image encoder.
   *
   * @param args the model's arguments, which name it
   * @return a folder as on the hub
   * @throws ModelFileException if it is nowhere
   */
  public Path vision(ModelArgs args) {
    return find("the image encoder", vision, "vision", List.of(args.visualEncoder()));
  }

  /**
   * Finds the diffusion model.
   *
   * @return a folder as on the hub, or null if there is none
   */
  public @Nullable Path diffusion() {
    return locate(diffusion, DIFFUSION, STABLE_DIFFUSION).orElse(null);
  }

  /** Says where a diffusion model was looked for, where there is none. */
  String whyNoDiffusion() {
    return "there is no diffusion model in %s nor in the Hugging Face cache as %s; copy it there, set Builder.diffusion(…) or allow downloads"
        .formatted(root.resolve(DIFFUSION), STABLE_DIFFUSION.get(0));
  }

  /**
   * Finds GILL's own trained tensors.
   *
   * @return {@code gill.safetensors} or {@code pretrained_ckpt.pth.tar}
   * @throws ModelFileException if neither is there
   */
  public Path trained() {
    return Stream.of("gill.safetensors", "pretrained_ckpt.pth.tar")
        .map(root::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new ModelFileException(
                    root
                        + " has neither gill.safetensors nor pretrained_ckpt.pth.tar; copy the"
                        + " trained checkpoint there"));
  }

  /**
   * Opens GILL's own trained tensors.
   *
   * @return the tensors, their names without {@code module.} and {@code model.}; the caller closes
   *     them
   * @throws ModelFileException if the file is missing or damaged
   */
  public Checkpoint openTrained() {
    return openTrained(trained());
  }

  /**
   * Opens trained tensors that lie elsewhere, for example another map of the paper's ablation.
   *
   * @param file a checkpoint as {@link #trained()} is one
   * @return the tensors, named as {@link #openTrained()} names them; the caller closes them
   * @throws ModelFileException if the file is missing or damaged
   */
  public static Checkpoint openTrained(Path file) {
    return new RenamedCheckpoint(Checkpoints.open(file), TrainedNames::normalise);
  }

  /** Adds up the files of all parts, as a first idea of what they take in memory. */
  long bytes() {
    ModelArgs args = ModelArgs.read(root);
    long bytes = bytes(root, 1) + bytes(languageModel(args), 1) + bytes(vision(args), 1);
    Path drawing = diffusion();
    return drawing == null ? bytes : bytes + bytes(drawing, 2);
  }

  private static long bytes(Path folder, int depth) {
    try (Stream<Path> files = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      return files.map(Path::toFile).filter(File::isFile).mapToLong(File::length).sum();
    } catch (IOException | UncheckedIOException e) {
      throw new ModelFileException(FileErrors.unreadable(folder, e, "check the model folder"), e);
    }
  }

  private Path find(String what, @Nullable Path setting, String inside, List<String> repositories) {
    return locate(setting, inside, repositories)
        .orElseThrow(
            () ->
                new ModelFileException(
                    what
                        + " is neither in "
                        + root.resolve(inside)
                        + " nor in the Hugging Face cache as "
                        + repositories.get(0)
                        + (downloads == null
                            ? "; copy it there or allow downloads"
                            : "; copy it there, no manifest tells what to download")));
  }

  private Optional<Path> locate(@Nullable Path setting, String inside, List<String> repositories) {
    if (setting != null) {
      if (!Files.isDirectory(setting)) {
        throw new ModelFileException(setting + " is not a folder; give a model's folder");
      }
      return Optional.of(setting);
    }
    Path folder = root.resolve(inside);
    if (Files.isDirectory(folder)) {
      return Optional.of(folder);
    }
    Optional<Path> cached =
        repositories.stream().flatMap(name -> cache.find(name).stream()).findFirst();
    if (cached.isPresent() || downloads == null) {
      return cached;
    }
    return repositories.stream()
        .flatMap(name -> ModelManifest.find(name).stream())
        .findFirst()
        .map(downloads::fetch);
  }
}
