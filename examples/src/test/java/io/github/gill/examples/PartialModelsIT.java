package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.Decision;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.ModelFileException;
import io.github.gill.Prompt;
import io.github.gill.PromptPart;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.checkpoint.SafetensorsWriter;
import io.github.gill.runtime.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that lack parts, and uses beside answering, on the random-weight fixture. */
class PartialModelsIT {

  private static final Path MICRO =
      Path.of("../gill-core/src/test/resources/micro").toAbsolutePath().normalize();
  private static final Prompt PROMPT = Prompt.of("Snow mountain and tree reflection in the lake");
  private static final AnswerSettings FORCED =
      AnswerSettings.builder()
          .forceImage()
          .numWords(1)
          .diffusion(DiffusionSettings.builder().steps(2).safetyChecker(false).build())
          .build();

  @TempDir Path folder;

  @Test
  void generatesWithoutCandidates() throws IOException {
    copy("model_args.json", "pretrained_ckpt.pth.tar", "decision_model.pth.tar");
    try (Gill gill = builder().diffusion(MICRO.resolve("diffusion")).build()) {
      AnswerPart.Image image = picture(gill.answer(PROMPT, FORCED));
      assertEquals(Decision.GENERATE, image.decision());
      assertTrue(image.showsGenerated());
      assertNotNull(image.shown());
      assertTrue(image.retrieved().isEmpty());
      AnswerSettings retrieving = FORCED.toBuilder().decision(DecisionMode.RETRIEVE).build();
      assertTrue(
          assertThrows(UnsupportedRequestException.class, () -> gill.answer(PROMPT, retrieving))
              .getMessage()
              .contains("the model folder has no candidates"));
    }
  }

  @Test
  void retrievesWithoutDiffusionAndWithoutADecisionHead() throws IOException {
    copy("model_args.json", "pretrained_ckpt.pth.tar", "cc3m_embeddings_urls.npy");
    Files.createDirectories(folder.resolve("images"));
    // All but one picture are gone: dead candidates fall to the next without failing the answer.
    copy("images/010.png");
    try (Gill gill = builder().build()) {
      AnswerPart.Image image = picture(gill.answer(PROMPT, FORCED));
      assertEquals(Decision.RETRIEVE, image.decision());
      assertNull(image.probabilities());
      assertFalse(image.showsGenerated());
      assertEquals(10, image.retrieved().size());
      for (AnswerPart.Retrieved candidate : image.retrieved()) {
        boolean there = candidate.path().equals("images/010.png");
        assertTrue(there || candidate.image() == null, candidate.path());
      }
      AnswerSettings generating = FORCED.toBuilder().decision(DecisionMode.GENERATE).build();
      assertTrue(
          assertThrows(UnsupportedRequestException.class, () -> gill.answer(PROMPT, generating))
              .getMessage()
              .contains("there is no diffusion model in " + folder.resolve("diffusion")));
    }
  }

  /** FROMAGe: one [RET] token, a linear query, no mapper, its own names. */
  @Test
  void runsItsPredecessorsCheckpoints() throws IOException {
    copy("cc3m_embeddings_urls.npy");
    Files.writeString(
        folder.resolve("model_args.json"),
        "{\"opt_version\":\"facebook/opt-micro\",\"n_visual_tokens\":4,\"shared_emb_dim\":64,"
            + "\"text_emb_layers\":[-1],\"retrieval_token_idx\":[513]}");
    try (Checkpoint gill = Checkpoints.open(MICRO.resolve("pretrained_ckpt.pth.tar"))) {
      SafetensorsWriter writer = new SafetensorsWriter();
      for (String name : gill.tensors().keySet()) {
        String plain = name.substring("module.model.".length());
        if (plain.startsWith("visual") || plain.equals("logit_scale")) {
          writer.tensor("model." + plain, gill.tensors().get(name), () -> gill.bytes(name));
        } else if (plain.startsWith("ret_text_hidden_fcs")) {
          String own = plain.replace("ret_text_hidden_fcs.0.model", "text_hidden_fcs.0.0");
          writer.tensor("model." + own, gill.tensors().get(name), () -> gill.bytes(name));
        }
      }
      float[] rows = FloatTensors.read(gill, "module.model.input_embeddings.weight");
      writer
          .floats("model.ret_input_embeddings.weight", Arrays.copyOf(rows, 96), 1, 96)
          .write(folder.resolve("gill.safetensors"));
    }
    try (Gill gill = builder().diffusion(MICRO.resolve("diffusion")).build()) {
      Answer answer = gill.answer(PROMPT, FORCED);
      assertEquals(List.of(513), answer.tokens());
      AnswerPart.Image image = picture(answer);
      assertEquals(Decision.RETRIEVE, image.decision());
      assertEquals(10, image.retrieved().size());
      assertTrue(image.generated().isEmpty());
    }
  }

  /** The image generator is opened when it is first needed, whatever has become of its files. */
  @Test
  void goesOnWithoutADamagedPartUntilItIsMended() throws IOException {
    Path diffusion = folder.resolve("diffusion");
    try (Stream<Path> files = Files.walk(MICRO.resolve("diffusion"))) {
      for (Path file : files.toList()) {
        Files.copy(file, diffusion.resolve(MICRO.resolve("diffusion").relativize(file).toString()));
      }
    }
    Path weights = diffusion.resolve("unet/diffusion_pytorch_model.safetensors");
    AnswerSettings generating = FORCED.toBuilder().decision(DecisionMode.GENERATE).build();
    AnswerSettings retrieving = FORCED.toBuilder().decision(DecisionMode.RETRIEVE).build();
    try (Gill gill = Gill.builder().model(MICRO).diffusion(diffusion).build()) {
      byte[] whole = Files.readAllBytes(weights);
      long values = Value.alive();
      Files.delete(weights);
      String gone =
          assertThrows(ModelFileException.class, () -> gill.answer(PROMPT, generating))
              .getMessage();
      assertTrue(gone.contains("unet"), gone);
      Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
      String cut =
          assertThrows(ModelFileException.class, () -> gill.answer(PROMPT, generating))
              .getMessage();
      assertTrue(cut.contains("diffusion_pytorch_model.safetensors"), cut);
      assertEquals(values, Value.alive());
      assertEquals(10, picture(gill.answer(PROMPT, retrieving)).retrieved().size());
      Files.write(weights, whole);
      assertTrue(picture(gill.answer(PROMPT, generating)).showsGenerated());
    }
  }

  @Test
  void ranksSeveralPicturesOfOneSlot() {
    try (Gill gill = Gill.load(MICRO)) {
      AnswerPart.Image image =
          picture(
              gill.answer(
                  PROMPT,
                  FORCED.toBuilder().imagesPerSlot(3).decision(DecisionMode.GENERATE).build()));
      List<Float> scores = image.generated().stream().map(AnswerPart.Generated::score).toList();
      assertEquals(3, Set.copyOf(scores).size());
      assertEquals(scores.stream().sorted((a, b) -> Float.compare(b, a)).toList(), scores);
      assertEquals(Decision.FORCED, image.decision());
      assertNotNull(image.probabilities());
    }
  }

  @Test
  void drawsFromTextAndRefinesAPicture() {
    try (Gill gill = Gill.load(MICRO)) {
      DiffusionSettings settings =
          DiffusionSettings.builder().steps(4).safetyChecker(false).strength(0.5).build();
      PromptPart picture = new PromptPart.ImageFile(MICRO.resolve("images/003.png"));
      List<AnswerPart.Generated> drawn = gill.draw("a red apple", settings, null, 2);
      List<AnswerPart.Generated> refined = gill.draw("a red apple", settings, picture, 1);
      assertEquals(2, drawn.size());
      assertEquals(128, drawn.get(0).image().getWidth());
      assertNotNull(refined.get(0).image());
      AnswerPart.Image answer =
          picture(
              gill.answer(
                  PROMPT,
                  FORCED.toBuilder()
                      .initialImage(picture)
                      .decision(DecisionMode.GENERATE)
                      .build()));
      assertNotNull(answer.shown());
    }
  }

  @Test
  void withholdsFlaggedPicturesUnlessTheCheckerIsOff() {
    try (Gill gill = Gill.load(MICRO)) {
      AnswerSettings checked =
          FORCED.toBuilder()
              .imagesPerSlot(4)
              .decision(DecisionMode.GENERATE)
              .diffusion(FORCED.diffusion().toBuilder().safetyChecker(true).build())
              .build();
      AnswerPart.Image image = picture(gill.answer(PROMPT, checked));
      assertTrue(image.generated().stream().anyMatch(AnswerPart.Generated::flagged));
      for (AnswerPart.Generated generated : image.generated()) {
        assertEquals(generated.flagged(), generated.image() == null);
      }
    }
  }

  private Gill.Builder builder() {
    return Gill.builder()
        .model(folder)
        .languageModel(MICRO.resolve("lm"))
        .vision(MICRO.resolve("vision"));
  }

  private void copy(String... files) throws IOException {
    for (String file : files) {
      Files.copy(MICRO.resolve(file), folder.resolve(file));
    }
  }

  private static AnswerPart.Image picture(Answer answer) {
    return answer.images().get(0);
  }
}
