package io.github.gill.examples.eval;

import io.github.gill.PromptPart;
import io.github.gill.examples.eval.GenerationItem.Context;
import io.github.gill.examples.eval.data.Dialogue;
import io.github.gill.examples.eval.data.Dialogues;
import io.github.gill.examples.eval.data.PictureFolder;
import io.github.gill.examples.eval.data.Stories;
import io.github.gill.examples.eval.data.Story;
import io.github.gill.examples.eval.data.Table;
import io.github.gill.examples.eval.data.Vote;
import io.github.gill.examples.eval.data.Votes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The items to evaluate, as far as there are data sets. An item with a missing picture is left out
 * of all its contexts and counted.
 */
final class EvaluationData {

  /** Contexts of the tasks, the poorest first. */
  static final String LAST_CAPTION = "1 caption";

  static final String CAPTIONS = "5 captions";
  static final String PICTURES = "5 captions + 4 pictures";
  static final List<String> STORY_CONTEXTS = List.of(LAST_CAPTION, CAPTIONS, PICTURES);
  static final List<String> ROUNDS = List.of("1 round", "5 rounds", "10 rounds");
  static final String CAPTION = "caption";
  static final String REQUEST = "request";
  static final String SHOWN = "picture + request";
  static final String BEGUN = "begun from the picture";

  /**
   * A picture whose content has a name.
   *
   * @param id its row
   * @param name of what it shows
   * @param picture the picture
   */
  record Named(String id, String name, Path picture) {}

  /**
   * A prompt that people voted on.
   *
   * @param id its row
   * @param text the prompt
   * @param vote the votes' result
   */
  record Voted(String id, String text, Vote vote) {}

  /**
   * How many items a data set gave.
   *
   * @param items how many are evaluated
   * @param leftOut how many were left out
   * @param why for example which pictures are missing
   */
  record Count(int items, int leftOut, String why) {}

  private final String about;
  private final Map<Path, PictureFolder> folders = new TreeMap<>();
  private final Map<String, Count> counts = new TreeMap<>();
  private final int drawn;
  private final int read;
  private final List<GenerationItem> stories;
  private final List<GenerationItem> dialogues;
  private final List<GenerationItem> captions;
  private final List<GenerationItem> refinements;
  private final List<Named> names;
  private final List<Voted> decisions;

  /**
   * Reads what there is.
   *
   * @param options where the data sets are
   * @param model the model folder, which may have some
   * @param drawn how many items of each to draw pictures for
   * @param read how many items of each for what draws nothing
   */
  EvaluationData(DataOptions options, Path model, int drawn, int read) {
    this.drawn = drawn;
    this.read = read;
    about = options.about(model);
    Path pictures = options.pictures(null, model);
    Path vist = options.file(options.vist, model, "vist.json");
    PictureFolder storyPictures = folder(vist, options.pictures(options.vistPictures, model));
    stories =
        this.<Story, GenerationItem>gather(
            "stories",
            storyPictures,
            vist == null ? null : wanted -> Stories.read(vist, wanted),
            (story, n) -> item(story, n, storyPictures),
            Math.max(drawn, read));
    Path visdial = options.file(options.visdial, model, "visdial.json");
    PictureFolder seen = folder(visdial, options.pictures(options.visdialPictures, model));
    dialogues =
        this.<Dialogue, GenerationItem>gather(
            "dialogues",
            seen,
            visdial == null ? null : wanted -> Dialogues.read(visdial, wanted),
            (dialogue, n) -> item(dialogue, n, seen),
            drawn);
    Path pairs = options.file(options.captions, model, "captions.tsv");
    PictureFolder captioned = folder(pairs, options.pictures(options.captionsPictures, model));
    captions =
        gather(
            "captions",
            captioned,
            table(pairs, "caption", "file|image|picture|path"),
            (row, n) -> captioned(row, n, captioned),
            drawn);
    Path changes = options.file(null, model, "refinements.tsv");
    PictureFolder changed = folder(changes, pictures);
    refinements =
        gather(
            "refinements",
            changed,
            table(changes, "picture", "request", "target"),
            (row, n) -> refinement(row, n, changed),
            drawn);
    Path named = options.file(null, model, "names.tsv");
    PictureFolder shown = folder(named, pictures);
    names =
        gather(
            "names",
            shown,
            table(named, "caption", "file|image|picture|path"),
            (row, n) -> shown.find(row.get(1)).map(p -> new Named(id(n), row.get(0), p)),
            read);
    Path votes = options.file(options.decisions, model, "decisions.tsv");
    decisions =
        this.<Votes.Row, Voted>gather(
            "decisions",
            null,
            votes == null ? null : wanted -> Votes.read(votes, wanted),
            (row, n) -> voted(new Voted(id(n), row.prompt(), row.vote())),
            read);
  }

  /** Makes an item, or nothing if it has to be left out. */
  @FunctionalInterface
  private interface Making<T, R> {
    Optional<R> make(T read, int number);
  }

  /** Reads items into a consumer that says when it has enough. */
  @FunctionalInterface
  private interface Reading<T> {
    void read(Predicate<T> wantsMore);
  }

  private <T, R> List<R> gather(
      String name,
      @Nullable PictureFolder pictures,
      @Nullable Reading<T> reading,
      Making<T, R> making,
      int limit) {
    List<R> items = new ArrayList<>();
    if (reading == null) {
      return items;
    }
    int[] read = {0};
    reading.read(
        one -> {
          making.make(one, read[0]++).ifPresent(items::add);
          return items.size() < limit;
        });
    int leftOut = read[0] - items.size();
    counts.put(name, new Count(items.size(), leftOut, why(leftOut, pictures)));
    return List.copyOf(items);
  }

  private static String why(int leftOut, @Nullable PictureFolder pictures) {
    if (leftOut == 0) {
      return "";
    }
    if (pictures == null) {
      return "voters do not agree";
    }
    return pictures.missing().size()
        + " pictures are missing: "
        + pictures.missing().stream().limit(5).collect(Collectors.joining(", "))
        + (pictures.missing().size() > 5 ? ", …" : "");
  }

  private static @Nullable Reading<List<String>> table(@Nullable Path file, String... columns) {
    return file == null ? null : wanted -> Table.read(file, List.of(columns), wanted);
  }

  private PictureFolder folder(@Nullable Path needing, Path pictures) {
    return needing == null
        ? PictureFolder.empty()
        : folders.computeIfAbsent(pictures, PictureFolder::of).withOwnCount();
  }

  private static String id(int row) {
    return Integer.toString(row + 1);
  }

  private static Optional<GenerationItem> item(Story story, int number, PictureFolder folder) {
    List<Path> pictures = new ArrayList<>();
    for (Story.Scene scene : story.scenes()) {
      folder.find(scene.picture()).ifPresent(pictures::add);
    }
    int last = story.scenes().size() - 1;
    if (pictures.size() <= last) {
      return Optional.empty();
    }
    List<PromptPart> interleaved = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      interleaved.add(new PromptPart.Text(story.scenes().get(i).text()));
      interleaved.add(new PromptPart.ImageFile(pictures.get(i)));
    }
    String end = story.scenes().get(last).text();
    interleaved.add(new PromptPart.Text(end));
    String all = story.scenes().stream().map(Story.Scene::text).collect(Collectors.joining(" "));
    return Optional.of(
        new GenerationItem(
            Tasks.VIST,
            story.id(),
            number,
            pictures.get(last),
            List.of(
                new Context(LAST_CAPTION, text(end), end, null),
                new Context(CAPTIONS, text(all), all, null),
                new Context(PICTURES, interleaved, null, null))));
  }

  private static List<PromptPart> text(String text) {
    return List.of(new PromptPart.Text(text));
  }

  private static Optional<GenerationItem> item(
      Dialogue dialogue, int number, PictureFolder folder) {
    return folder
        .find(dialogue.picture())
        .map(
            truth ->
                new GenerationItem(
                    Tasks.VISDIAL,
                    id(number),
                    number,
                    truth,
                    ROUNDS.stream()
                        .map(
                            name -> {
                              int rounds = Integer.parseInt(name.substring(0, name.indexOf(' ')));
                              String words = dialogue.prompt(rounds);
                              return new Context(name, text(words), words, null);
                            })
                        .toList()));
  }

  private static Optional<GenerationItem> captioned(
      List<String> row, int number, PictureFolder folder) {
    String caption = row.get(0);
    return folder
        .find(row.get(1))
        .map(
            truth ->
                new GenerationItem(
                    Tasks.CAPTIONS,
                    id(number),
                    number,
                    truth,
                    List.of(new Context(CAPTION, text(caption), caption, null))));
  }

  private static Optional<GenerationItem> refinement(
      List<String> row, int number, PictureFolder folder) {
    Optional<Path> before = folder.find(row.get(0));
    Optional<Path> truth = folder.find(row.get(2));
    if (before.isEmpty() || truth.isEmpty()) {
      return Optional.empty();
    }
    String request = row.get(1);
    List<PromptPart> shown =
        List.of(new PromptPart.ImageFile(before.get()), new PromptPart.Text(request));
    return Optional.of(
        new GenerationItem(
            Tasks.REFINEMENT,
            id(number),
            number,
            truth.get(),
            List.of(
                new Context(REQUEST, text(request), request, null),
                new Context(SHOWN, shown, null, null),
                new Context(BEGUN, shown, request, before.get()))));
  }

  private static Optional<Voted> voted(Voted item) {
    return item.vote() == Vote.SAME ? Optional.empty() : Optional.of(item);
  }

  /** The stories to draw pictures for. */
  List<GenerationItem> stories() {
    return first(stories, drawn);
  }

  /** The stories among whose pictures is searched. */
  List<GenerationItem> searchedStories() {
    return first(stories, read);
  }

  private static <T> List<T> first(List<T> items, int count) {
    return items.subList(0, Math.min(count, items.size()));
  }

  List<GenerationItem> dialogues() {
    return dialogues;
  }

  List<GenerationItem> captions() {
    return captions;
  }

  List<GenerationItem> refinements() {
    return refinements;
  }

  List<Named> names() {
    return names;
  }

  List<Voted> decisions() {
    return decisions;
  }

  /** What the data sets say about themselves, a paragraph a line; may be empty. */
  String about() {
    return about;
  }

  /** What each data set gave, by name. */
  Map<String, Count> counts() {
    return new TreeMap<>(counts);
  }
}
