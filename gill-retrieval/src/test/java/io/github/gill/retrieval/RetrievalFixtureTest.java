package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.Decision;
import io.github.gill.ModelFileException;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FloatTensors;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.Retriever;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parity with what the original computes for the micro model. */
class RetrievalFixtureTest {

  private static Checkpoint expected;
  private static Checkpoint trained;
  private static Retriever retriever;
  private static JsonArray prompts;

  @BeforeAll
  static void open() throws Exception {
    expected = Checkpoints.open(Micro.FOLDER.resolve("expected.safetensors"));
    trained = Micro.trained();
    retriever =
        ServiceLoader.load(Retriever.Provider.class)
            .findFirst()
            .orElseThrow()
            .open(Micro.context(Micro.FOLDER, trained));
    prompts =
        JsonParser.parseString(Files.readString(Micro.FOLDER.resolve("expected.json")))
            .getAsJsonObject()
            .getAsJsonArray("prompts");
  }

  @AfterAll
  static void close() {
    retriever.close();
    trained.close();
    expected.close();
  }

  @Test
  void queriesAreTheOriginals() {
    int compared = 0;
    for (String name : expected.tensors().keySet()) {
      if (name.endsWith(".ret_emb")) {
        float[] query = retriever.query(states(name.replace("ret_emb", "img_states")));
        assertClose(FloatTensors.read(expected, name), query, 1e-5);
        compared++;
      }
    }
    assertEquals(4, compared);
  }

  /** The original's keys are not normalised where they are recorded, ours are. */
  @Test
  void keysAreTheOriginals() {
    for (int i = 0; i < 3; i++) {
      float[] key = retriever.key(FloatTensors.read(expected, "image" + i + ".pooled"));
      float[] raw = FloatTensors.read(expected, "image" + i + ".retrieval");
      assertClose(RetrievalHeads.normalised(raw), key, 1e-5);
    }
  }

  @Test
  void findsTheOriginalsTopTenInItsOrder() {
    int compared = 0;
    for (JsonElement prompt : prompts) {
      Set<Integer> shown = new HashSet<>();
      int slot = 0;
      for (JsonElement output : prompt.getAsJsonObject().getAsJsonArray("outputs")) {
        JsonObject part = output.getAsJsonObject();
        if (!part.has("retrieved")) {
          continue;
        }
        String name = prompt.getAsJsonObject().get("name").getAsString();
        float[] query = retriever.query(states(name + ".image" + slot + ".img_states"));
        List<Retriever.Candidate> best = retriever.search(query, 10, shown);
        assertEquals(10, best.size());
        if (part.has("top10")) {
          for (int i = 0; i < 10; i++) {
            Retriever.Candidate candidate = best.get(i);
            assertEquals(part.getAsJsonArray("top10").get(i).getAsInt(), candidate.index(), name);
            double score = part.getAsJsonArray("top10_scores").get(i).getAsDouble();
            assertEquals(score, candidate.score(), 1e-4);
            assertEquals("images/%03d.png".formatted(candidate.index() % 12), candidate.path());
          }
          compared++;
        }
        JsonArray retrieved = part.getAsJsonArray("retrieved");
        for (int i = 0; i < 3; i++) {
          double score = retrieved.get(i).getAsJsonObject().get("score").getAsDouble();
          assertEquals(score, best.get(i).score(), 1e-4, name + " slot " + slot);
          assertTrue(shown.add(best.get(i).index()));
        }
        slot++;
      }
    }
    assertEquals(3, compared);
  }

  @Test
  void decidesAsTheOriginal() {
    int compared = 0;
    for (JsonElement prompt : prompts) {
      int slot = 0;
      for (JsonElement output : prompt.getAsJsonObject().getAsJsonArray("outputs")) {
        JsonObject part = output.getAsJsonObject();
        if (!part.has("decision")) {
          continue;
        }
        String name = prompt.getAsJsonObject().get("name").getAsString();
        Retriever.Verdict verdict =
            retriever.decide(states(name + ".image" + slot++ + ".img_states"));
        JsonArray probabilities = part.getAsJsonArray("probabilities");
        assertEquals(probabilities.get(0).getAsDouble(), verdict.generate(), 1e-5);
        assertEquals(probabilities.get(1).getAsDouble(), verdict.retrieve(), 1e-5);
        boolean retrieve = part.get("decision").getAsString().equals("ret");
        assertEquals(retrieve ? Decision.RETRIEVE : Decision.GENERATE, verdict.decision());
        compared++;
      }
    }
    assertEquals(4, compared);
  }

  @Test
  void doesWithoutWhatTheModelFolderLacks(@TempDir Path empty) {
    try (Retriever bare = new TorchRetrieverProvider().open(Micro.context(empty, trained))) {
      Matrix states = states("story.image0.img_states");
      assertNull(bare.decide(states));
      assertEquals(0, bare.candidates());
      assertClose(retriever.query(states), bare.query(states), 0);
      RetrievalException none =
          assertThrows(
              RetrievalException.class, () -> bare.search(bare.query(states), 1, Set.of()));
      assertTrue(none.getMessage().contains("no candidates"), none.getMessage());
    }
  }

  @Test
  void fetchesACandidateFromTheModelFolder(@TempDir Path folder) throws Exception {
    Files.createDirectory(folder.resolve("images"));
    BufferedImage image = new BufferedImage(5, 4, BufferedImage.TYPE_INT_RGB);
    javax.imageio.ImageIO.write(image, "png", folder.resolve("images/007.png").toFile());
    Files.copy(Micro.FOLDER.resolve("cc3m_embeddings_urls.npy"), folder.resolve("cc3m_a.npy"));
    Files.copy(Micro.FOLDER.resolve("cc3m_embeddings_urls.npy"), folder.resolve("cc3m_b.npy"));
    try (Retriever two = new TorchRetrieverProvider().open(Micro.context(folder, trained))) {
      assertEquals(1000, two.candidates());
      float[] query = two.query(states("story.image0.img_states"));
      List<Retriever.Candidate> best = two.search(query, 4, Set.of());
      // Both files hold the same keys, so winners come in pairs, the first file's first.
      assertEquals(
          List.of(254, 754, 460, 960), best.stream().map(Retriever.Candidate::index).toList());
      assertEquals(5, two.fetch(new Retriever.Candidate(7, "images/007.png", 0)).getWidth());
    }
  }

  @Test
  void namesWhatDoesNotFitTheCheckpoint() {
    ModelFileException wrong =
        assertThrows(ModelFileException.class, () -> RetrievalHeads.read(trained, 96, 32));
    assertTrue(
        wrong
            .getMessage()
            .contains("ret_text_hidden_fcs.0.model.weight is [64, 96], expected [32, 96]"),
        wrong.getMessage());
  }

  private static Matrix states(String name) {
    return new Matrix(8, 96, FloatTensors.read(expected, name));
  }

  private static void assertClose(float[] wanted, float[] found, double tolerance) {
    assertEquals(wanted.length, found.length);
    for (int i = 0; i < wanted.length; i++) {
      assertEquals(wanted[i], found[i], tolerance);
    }
  }
}
