package io.github.gill.examples.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes an answer as the JSON that the command line promises. */
final class AnswerJson {

  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private AnswerJson() {}

  static void write(Path file, Answer answer, AnswerFiles files, Duration load) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("tokens", answer.tokens());
    List<Map<String, @Nullable Object>> parts = new ArrayList<>();
    int slot = 0;
    for (AnswerPart part : answer.parts()) {
      parts.add(
          part instanceof AnswerPart.Image image
              ? image(image, files.images().get(slot++))
              : text((AnswerPart.Text) part));
    }
    json.put("parts", parts);
    Answer.Timings timings = answer.timings();
    Map<String, Object> seconds = new LinkedHashMap<>();
    seconds.put("load", load.toNanos() / 1e9);
    seconds.put("encode", timings.encode());
    seconds.put("decode", timings.decode());
    seconds.put("map", timings.map());
    seconds.put("retrieve", timings.retrieve());
    seconds.put("diffuse", timings.diffuse());
    json.put("timings", seconds);
    byte[] bytes = (GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer content = ByteBuffer.wrap(bytes);
    AtomicFile.write(
        file.toAbsolutePath(),
        channel -> {
          while (content.hasRemaining()) {
            channel.write(content);
          }
        });
  }

  private static Map<String, @Nullable Object> text(AnswerPart.Text text) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("type", "text");
    json.put("text", text.text());
    return json;
  }

  private static Map<String, @Nullable Object> image(
      AnswerPart.Image image, AnswerFiles.ImageFiles files) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("type", "image");
    json.put("decision", image.decision().name().toLowerCase(Locale.ROOT));
    AnswerPart.Probabilities probabilities = image.probabilities();
    json.put(
        "probabilities",
        probabilities == null
            ? null
            : Map.of("generate", probabilities.generate(), "retrieve", probabilities.retrieve()));
    json.put("chosen", image.showsGenerated() ? "generated" : "retrieved");
    json.put("file", name(files.shown(image)));
    List<Map<String, @Nullable Object>> retrieved = new ArrayList<>();
    for (AnswerPart.Retrieved candidate : image.retrieved()) {
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("index", candidate.index());
      row.put("path", candidate.path());
      row.put("score", candidate.score());
      retrieved.add(row);
    }
    json.put("retrieved", retrieved);
    List<Map<String, @Nullable Object>> generated = new ArrayList<>();
    for (int i = 0; i < image.generated().size(); i++) {
      AnswerPart.Generated picture = image.generated().get(i);
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("file", name(files.generated().get(i)));
      row.put("score", picture.score());
      row.put("flagged", picture.flagged());
      generated.add(row);
    }
    json.put("generated", generated);
    return json;
  }

  private static @Nullable String name(@Nullable Path file) {
    return file == null ? null : file.toString();
  }
}
