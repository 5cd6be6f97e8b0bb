package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads the candidates of the original release: {@code cc3m*.npy}, despite its name a pickle of
 * {@code {"paths": [text…], "embeddings": [vector…]}}.
 *
 * <p>Vectors are NumPy arrays of float16, float32 or float64, or PyTorch tensors; one array of two
 * axes is read as well. The file is skimmed once for what it refers back to, then read once, each
 * time in order: heap stays at a few MiB whatever its size.
 */
public final class CandidatePickle {

  private CandidatePickle() {}

  /**
   * What a file held.
   *
   * @param candidates how many paths and vectors
   * @param size the length of each vector
   */
  public record Contents(int candidates, int size) {}

  /**
   * Reads a file.
   *
   * @param file the pickle
   * @param consumer receives every path and vector; what it throws ends the reading
   * @return how many there were
   * @throws ModelFileException if the file is damaged, holds anything else, or has not as many
   *     paths as vectors; the consumer may have received some by then
   */
  public static Contents read(Path file, CandidateConsumer consumer) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      String name = file.getFileName().toString();
      FileSource instructions = new FileSource(name, channel, channel.size());
      checkStart(instructions);
      // A window of its own: arrays are read well after their instructions.
      FileSource arrays = new FileSource(name, channel, channel.size());
      CandidateObjects objects = new CandidateObjects(arrays, consumer);
      PickleMachine.run(instructions, 0, objects);
      return contents(name, objects);
    } catch (IOException e) {
      throw new ModelFileException(FileErrors.unreadable(file, e, "check the model folder"), e);
    }
  }

  private static void checkStart(ByteSource source) {
    if (source.size() > 5 && source.get(0) == 0x93 && source.get(1) == 'N') {
      throw new ModelFileException(
          source.name()
              + " is a plain NumPy array without paths; candidates are a pickle of {\"paths\": […],"
              + " \"embeddings\": […]}, or build an index from the pictures");
    }
    if (source.size() > 1 && source.get(0) == 'P' && source.get(1) == 'K') {
      throw new ModelFileException(
          source.name()
              + " is a zip archive (.npz or torch.save); candidates are written by pickle.dump of"
              + " {\"paths\": […], \"embeddings\": […]}");
    }
  }

  private static Contents contents(String name, CandidateObjects objects) {
    if (!objects.has("paths") || !objects.has("embeddings")) {
      throw new ModelFileException(
          name + " is no dictionary with \"paths\" and \"embeddings\"; candidates have both");
    }
    if (objects.paths() != objects.vectors()) {
      throw new ModelFileException(
          "%s has %d paths and %d embeddings; each candidate needs both"
              .formatted(name, objects.paths(), objects.vectors()));
    }
    return new Contents(objects.paths(), objects.columns());
  }
}
