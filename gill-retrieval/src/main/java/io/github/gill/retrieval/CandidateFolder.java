package io.github.gill.retrieval;

import io.github.gill.ModelFileException;
import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.Checkpoint;
import io.github.gill.checkpoint.Checkpoints;
import io.github.gill.checkpoint.FileErrors;
import io.github.gill.runtime.ComputeDevice;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a model folder keeps its candidates. */
final class CandidateFolder {

  private static final Logger LOG = LoggerFactory.getLogger(CandidateFolder.class);

  private static final String INDEX = "index.safetensors";
  private static final String PICKLES = "cc3m*.npy";

  private CandidateFolder() {}

  /** The file of an index of ours. */
  static Path index(Path folder) {
    return folder.resolve("retrieval").resolve(INDEX);
  }

  static Optional<CandidateIndex> open(Path folder, RetrievalHeads heads, ComputeDevice device) {
    Path index = index(folder);
    List<Path> pickles = pickles(folder);
    CandidateIndex opened;
    if (Files.isRegularFile(index)) {
      if (!pickles.isEmpty()) {
        LOG.info("{} is used, {} file(s) {} beside it are not", index, pickles.size(), PICKLES);
      }
      opened = IndexFile.open(index, heads, device);
    } else if (!pickles.isEmpty()) {
      opened = PickledCandidates.open(pickles, heads, device);
    } else {
      return Optional.empty();
    }
    LOG.info("{} candidates from {}, scanned on {}", opened.size(), folder, device);
    return Optional.of(opened);
  }

  /** The files that {@link #open} reads. */
  static List<Path> files(Path folder) {
    Path index = index(folder);
    return Files.isRegularFile(index) ? List.of(index) : pickles(folder);
  }

  /**
   * Computes what {@link #open} keeps of a file in memory: of an index all but the exact keys,
   * which are read from the disk, of a pickle its fp32 keys and the same in fp16.
   */
  static long bytes(Path file) {
    if (!file.endsWith(INDEX)) {
      checkWhole(file);
      return file.toFile().length() * 3 / 2;
    }
    try (Checkpoint index = Checkpoints.open(file)) {
      return index.tensors().entrySet().stream()
          .filter(tensor -> !tensor.getKey().startsWith("keys."))
          .mapToLong(tensor -> tensor.getValue().bytes())
          .sum();
    }
  }

  /**
   * A pickle ends with its STOP instruction; one that was cut off hardly ever ends with that byte.
   */
  private static void checkWhole(Path pickle) {
    try (RandomAccessFile file = new RandomAccessFile(pickle.toFile(), "r")) {
      if (file.length() > 0) {
        file.seek(file.length() - 1);
      }
      if (file.read() != '.') {
        throw new ModelFileException(
            pickle + " has no end: it is no pickle or was cut off; fetch it again");
      }
    } catch (IOException e) {
      throw new RetrievalException(FileErrors.unreadable(pickle, e, "fetch it again"), e);
    }
  }

  static List<Path> pickles(Path folder) {
    List<Path> pickles = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PICKLES)) {
      files.forEach(pickles::add);
    } catch (IOException e) {
      throw new RetrievalException(folder + " cannot be listed; check the model folder", e);
    }
    Collections.sort(pickles);
    return pickles;
  }
}
