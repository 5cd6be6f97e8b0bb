package io.github.gill.retrieval;

import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.AtomicFile;
import io.github.gill.checkpoint.CandidateConsumer;
import io.github.gill.checkpoint.CandidatePickle;
import io.github.gill.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Turns the original's candidates into an index of ours.
 *
 * <p>Each pickle is read twice, first for its paths and then for its keys, since it may hold them
 * in any order; the heap holds one file's paths.
 */
public final class CandidateImport {

  private CandidateImport() {}

  /**
   * Writes {@code retrieval/index.safetensors} from {@code cc3m*.npy}, or copies it where the model
   * has one.
   *
   * @param model the folder of the pickles or of the model with an index
   * @param target the folder of the index
   * @param heads the model's retrieval heads
   * @param storage how to keep the keys that searches read; an index that is copied stays as it is
   * @param onPath told of every candidate's path
   * @return the number of candidates, 0 if there are none
   * @throws io.github.gill.RetrievalException if something cannot be read or written
   */
  public static int run(
      Path model, Path target, RetrievalHeads heads, KeyStorage storage, Consumer<String> onPath) {
    if (Files.isRegularFile(CandidateFolder.index(model))) {
      return copy(model, target, heads, onPath);
    }
    List<Path> pickles = CandidateFolder.pickles(model);
    if (pickles.isEmpty()) {
      return 0;
    }
    try (CandidateIndexWriter writer = CandidateIndexWriter.create(target, heads, storage)) {
      for (Path pickle : pickles) {
        PathTable.Builder collected = new PathTable.Builder();
        CandidatePickle.read(
            pickle,
            new CandidateConsumer() {
              @Override
              public void path(int index, String path) {
                collected.add(path);
                onPath.accept(path);
              }

              @Override
              public void vector(int index, float[] vector) {}
            });
        PathTable paths = collected.build();
        CandidatePickle.read(
            pickle,
            new CandidateConsumer() {
              @Override
              public void path(int index, String path) {}

              @Override
              public void vector(int index, float[] vector) {
                writer.add(paths.get(index), vector);
              }
            });
      }
      return writer.finish();
    }
  }

  private static int copy(Path model, Path target, RetrievalHeads heads, Consumer<String> onPath) {
    Path from = CandidateFolder.index(model);
    Path to = CandidateFolder.index(target);
    try (CandidateIndex index = IndexFile.open(from, heads, ComputeDevice.CPU)) {
      for (int i = 0; i < index.size(); i++) {
        onPath.accept(index.path(i));
      }
      Files.createDirectories(to.resolve("..").normalize());
      AtomicFile.dropHalves(to);
      AtomicFile.copy(from, to);
      return index.size();
    } catch (IOException e) {
      throw new RetrievalException(to + " cannot be written (" + e + "); check the disk", e);
    }
  }
}
