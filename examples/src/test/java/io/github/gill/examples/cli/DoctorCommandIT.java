package io.github.gill.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What doctor passes runs, and what does not run it refuses, naming the file that is at fault. */
class DoctorCommandIT {

  private static final Path MICRO = Path.of("../gill-core/src/test/resources/micro");

  @TempDir Path model;

  @BeforeEach
  void copyModel() throws IOException {
    try (Stream<Path> files = Files.walk(MICRO)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = model.resolve(MICRO.relativize(file).toString());
        Files.createDirectories(to.resolve("..").normalize());
        Files.copy(file, to);
      }
    }
  }

  @Test
  void passesAModelThatRuns() {
    assertEquals(0, run());
    assertTrue(printed().contains("the model can run"), printed());
    assertFalse(printed().contains("PROBLEM"), printed());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          lm/vocab.json                             |                       |              | vocab.json
          lm/merges.txt                             |                       |              | merges.txt
          diffusion/tokenizer/vocab.json            |                       |              | vocab.json
          diffusion/scheduler/scheduler_config.json | "scaled_linear"       | "foo"        | beta_schedule
          diffusion/scheduler/scheduler_config.json | "num_train_timesteps": 1000 | "num_train_timesteps": 0 | num_train_timesteps
          vision/preprocessor_config.json           | "crop_size": 64       | "crop_size": -4 | crop_size
          diffusion/scheduler/scheduler_config.json | "skip_prk_steps": true | "skip_prk_steps": false | skip_prk_steps
          diffusion/scheduler/scheduler_config.json | "skip_prk_steps": true, |  | skip_prk_steps
          diffusion/model_index.json                | StableDiffusionPipeline | StableDiffusionXLPipeline | StableDiffusionXLPipeline
          vision/preprocessor_config.json           | "crop_size": 64       | "crop_size": 48 | makes 48 × 48 pixels, the image encoder takes 64 × 64
          diffusion/feature_extractor/preprocessor_config.json | "crop_size": 64 | "crop_size": 48 | makes 48 × 48 pixels
          vision/config.json                        | quick_gelu            | swish        | hidden_act
          model_args.json                           | "n_visual_tokens": 4  | "n_visual_tokens": 3 | visual_embeddings.weight
          model_args.json                           | gill_mapper           | magic        | text_fc_mode
          model_args.json                           | "num_tokens": 8       | "num_tokens": 7 | input_embeddings.weight
          lm/config.json                            |                       |              | config.json
          """)
  void refusesWhatDoesNotRun(String file, String found, String put, String named)
      throws IOException {
    Path damaged = model.resolve(file);
    if (found == null) {
      Files.delete(damaged);
    } else {
      String text = Files.readString(damaged);
      assertTrue(text.contains(found), text);
      Files.writeString(damaged, text.replace(found, put == null ? "" : put));
    }
    assertEquals(1, run());
    List<String> problems = printed().lines().filter(line -> line.contains("PROBLEM")).toList();
    assertEquals(1, problems.size(), printed());
    assertTrue(problems.get(0).contains(named), printed());
  }

  @Test
  void refusesCandidatesThatWereCutOff() throws IOException {
    Path pickle = model.resolve("cc3m_embeddings_urls.npy");
    byte[] whole = Files.readAllBytes(pickle);
    Files.write(pickle, Arrays.copyOf(whole, whole.length / 2));
    assertEquals(1, run());
    assertTrue(printed().contains("was cut off"), printed());
  }

  @Test
  void leavesOutADecisionHeadThatIsNotThere() throws IOException {
    Files.delete(model.resolve("decision_model.pth.tar"));
    assertEquals(0, run());
    assertFalse(printed().contains("decision head"), printed());
  }

  private final StringWriter out = new StringWriter();

  private int run() {
    CommandLine command = GillCommand.commandLine();
    command.setOut(new PrintWriter(out, true));
    return command.execute("doctor", "--model", model.toString());
  }

  private String printed() {
    return out.toString();
  }
}
