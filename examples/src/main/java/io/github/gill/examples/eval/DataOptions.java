package io.github.gill.examples.eval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say where the data sets are. */
final class DataOptions {

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = {
        "A folder with any of vist.json, visdial.json, captions.tsv, names.tsv, decisions.tsv,",
        "refinements.tsv, pictures/ and about.txt (default: evaluation/ in the model folder)."
      })
  @Nullable Path data;

  @Option(names = "--vist", paramLabel = "FILE", description = "VIST's stories in sequence.")
  @Nullable Path vist;

  @Option(names = "--vist-pictures", paramLabel = "DIR", description = "<photo_flickr_id>.jpg …")
  @Nullable Path vistPictures;

  @Option(names = "--visdial", paramLabel = "FILE", description = "VisDial 1.0.")
  @Nullable Path visdial;

  @Option(
      names = "--visdial-pictures",
      paramLabel = "DIR",
      description = "VisualDialog_val2018_<image_id>.jpg …")
  @Nullable Path visdialPictures;

  @Option(
      names = "--captions",
      paramLabel = "FILE",
      description = "Captions and files, tab-separated, as CC3M's.")
  @Nullable Path captions;

  @Option(names = "--captions-pictures", paramLabel = "DIR")
  @Nullable Path captionsPictures;

  @Option(
      names = "--decisions",
      paramLabel = "FILE",
      description = "PartiPrompts with decisions, tab-separated.")
  @Nullable Path decisions;

  DataOptions() {}

  /**
   * Checks that everything named is there.
   *
   * @throws IllegalArgumentException naming the option, what it has and the mend
   */
  void check(Path model) {
    requireFolder("--data", data);
    requireFile("--vist", vist);
    requireFile("--visdial", visdial);
    requireFile("--captions", captions);
    requireFile("--decisions", decisions);
    requirePictures("--vist", vistPictures, file(vist, model, "vist.json"), model);
    requirePictures("--visdial", visdialPictures, file(visdial, model, "visdial.json"), model);
    requirePictures("--captions", captionsPictures, file(captions, model, "captions.tsv"), model);
  }

  private void requirePictures(
      String option, @Nullable Path named, @Nullable Path items, Path model) {
    requireFolder(option + "-pictures", named);
    Path folder = pictures(named, model);
    if (items != null && !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "the pictures of %s are not in %s, which is no folder; name theirs with %s-pictures"
              .formatted(items, folder, option));
    }
  }

  static void requireFolder(String option, @Nullable Path folder) {
    if (folder != null && !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          option + " is " + folder + ", which is not a folder; check the path");
    }
  }

  static void requireFile(String option, @Nullable Path file) {
    if (file != null && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          option + " is " + file + ", which is not a file; check the path");
    }
  }

  /** A data set's file: the option, or the standard name in the folder where it is there. */
  @Nullable Path file(@Nullable Path option, Path model, String name) {
    if (option != null) {
      return option;
    }
    Path standard = folder(model).resolve(name);
    return Files.exists(standard) ? standard : null;
  }

  /** A data set's pictures: the option, or those of the folder. */
  Path pictures(@Nullable Path option, Path model) {
    return (option != null ? option : folder(model).resolve("pictures")).toAbsolutePath();
  }

  /** All files that say what there is to evaluate. */
  List<Path> files(Path model) {
    return Stream.of(
            file(vist, model, "vist.json"),
            file(visdial, model, "visdial.json"),
            file(captions, model, "captions.tsv"),
            file(null, model, "names.tsv"),
            file(decisions, model, "decisions.tsv"),
            file(null, model, "refinements.tsv"))
        .filter(Objects::nonNull)
        .toList();
  }

  /** What the folder's about.txt says about its data, if it has one. */
  String about(Path model) {
    Path file = folder(model).resolve("about.txt");
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read (" + e + ")", e);
    }
  }

  /** The folder of the data sets that are not named one by one. */
  Path folder(Path model) {
    return data != null ? data : model.resolve("evaluation");
  }
}
