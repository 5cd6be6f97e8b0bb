package io.github.gill.examples.cli;

import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.DiffusionSettings;
import io.github.gill.Prompt;
import io.github.gill.PromptPart;
import io.github.gill.vision.PngWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pictures of an answer as files.
 *
 * @param images for each picture of the answer in order, its files
 */
record AnswerFiles(List<ImageFiles> images) {

  private static final Pattern NAME =
      Pattern.compile("image\\d+\\.(retrieved|generated\\d*)\\.png");

  /**
   * The files of one picture.
   *
   * @param retrieved the found picture, or null if there is none
   * @param generated the new pictures in order, null where one was withheld
   */
  record ImageFiles(@Nullable Path retrieved, List<@Nullable Path> generated) {

    /** The file of the picture to show, or null if it was withheld or could not be fetched. */
    @Nullable Path shown(AnswerPart.Image image) {
      return image.showsGenerated() ? generated.get(0) : retrieved;
    }

    private Stream<Path> written() {
      return Stream.concat(
          Stream.ofNullable(retrieved), generated.stream().filter(Objects::nonNull));
    }
  }

  /**
   * Writes {@code image0.retrieved.png}, {@code image0.generated.png} and so on; further generated
   * pictures get a number of their own. Those of an earlier answer in the folder are removed.
   */
  static AnswerFiles write(
      Answer answer, Prompt prompt, AnswerSettings settings, Path folder, boolean promptInPng)
      throws IOException {
    List<AnswerPart.Image> parts = answer.images();
    if (!parts.isEmpty()) {
      Files.createDirectories(folder);
    }
    List<ImageFiles> images = new ArrayList<>();
    for (int slot = 0; slot < parts.size(); slot++) {
      AnswerPart.Image part = parts.get(slot);
      Path retrieved = null;
      for (AnswerPart.Retrieved candidate : part.retrieved()) {
        if (candidate.image() != null) {
          retrieved = folder.resolve("image" + slot + ".retrieved.png");
          PngWriter.write(
              candidate.image(), Map.of("Source", withoutQuery(candidate.path())), retrieved);
        }
      }
      List<@Nullable Path> generated = new ArrayList<>();
      for (int i = 0; i < part.generated().size(); i++) {
        AnswerPart.Generated picture = part.generated().get(i);
        Path file = null;
        if (picture.image() != null) {
          file = folder.resolve("image" + slot + ".generated" + (i == 0 ? "" : i) + ".png");
          PngWriter.write(picture.image(), description(prompt, settings, promptInPng), file);
        }
        generated.add(file);
      }
      images.add(new ImageFiles(retrieved, generated));
    }
    AnswerFiles files = new AnswerFiles(images);
    files.deleteOthers(folder);
    return files;
  }

  /** An earlier answer's pictures would pass for what this one withholds or lacks. */
  private void deleteOthers(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Set<Path> own = images.stream().flatMap(ImageFiles::written).collect(Collectors.toSet());
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "image*.png")) {
      for (Path file : found) {
        if (NAME.matcher(file.getFileName().toString()).matches() && !own.contains(file)) {
          Files.delete(file);
        }
      }
    }
  }

  private static Map<String, String> description(
      Prompt prompt, AnswerSettings settings, boolean promptInPng) {
    DiffusionSettings drawing = settings.diffusion();
    Map<String, String> text = new LinkedHashMap<>();
    text.put("Software", "GILL for the JVM");
    text.put("Settings", drawing.summary());
    if (promptInPng) {
      text.put(
          "Prompt",
          prompt.parts().stream()
              .map(part -> part instanceof PromptPart.Text t ? t.text() : "<image>")
              .collect(Collectors.joining(" ")));
    }
    return text;
  }

  private static String withoutQuery(String path) {
    int query = path.indexOf('?');
    return path.startsWith("http") && query >= 0 ? path.substring(0, query) : path;
  }

  /** Prints the answer for people: text as it is, pictures as the names of their files. */
  void print(Answer answer, PrintWriter stdout) {
    int slot = 0;
    for (AnswerPart part : answer.parts()) {
      if (part instanceof AnswerPart.Text text) {
        stdout.println(text.text().strip());
      } else if (part instanceof AnswerPart.Image image) {
        Path file = images.get(slot++).shown(image);
        String kind = image.showsGenerated() ? "generated" : "retrieved";
        stdout.println("[" + kind + " picture: " + (file == null ? reason(image) : file) + "]");
      }
    }
    stdout.flush();
  }

  private static String reason(AnswerPart.Image image) {
    if (image.showsGenerated()) {
      return "withheld by the safety checker; --no-safety-checker shows it";
    }
    return image.retrieved().isEmpty()
        ? "none; the model has neither candidates nor an image generator"
        : "not fetched from " + withoutQuery(image.retrieved().get(0).path());
  }
}
