package io.github.gill.retrieval;

import io.github.gill.RetrievalException;
import io.github.gill.checkpoint.CandidateConsumer;
import io.github.gill.checkpoint.CandidatePickle;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the original's candidates into native memory, chunk by chunk; the heap holds one chunk and
 * the paths.
 *
 * <p>A candidate takes 6 bytes per number: fp32 for exact scores, fp16 to find them quickly. An
 * index of ours leaves the former on the disk.
 */
final class PickledCandidates implements CandidateConsumer {

  private final Program program;
  private final Scope scope;
  private final Value exact;
  private final Value coarse;
  private final Value pieces;
  private int gathered;
  private int lost;
  private final int columns;
  private final ComputeDevice device;
  private final PathTable.Builder paths = new PathTable.Builder();
  private final float[] chunk;
  private int filled;
  private long rows;

  private PickledCandidates(Program program, Scope scope, int columns, ComputeDevice device) {
    this.program = program;
    this.scope = scope;
    this.columns = columns;
    this.device = device;
    this.exact = program.call(scope, "empty");
    this.coarse = program.call(scope, "empty");
    this.pieces = program.call(scope, "pieces");
    this.chunk = new float[KeyStore.batchRows(columns) * columns];
  }

  static CandidateIndex open(List<Path> files, RetrievalHeads heads, ComputeDevice device) {
    Program program = ScannedIndex.loadProgram();
    boolean done = false;
    try (Scope scope = new Scope()) {
      PickledCandidates candidates = new PickledCandidates(program, scope, heads.size(), device);
      for (Path file : files) {
        candidates.read(file);
      }
      candidates.flush();
      candidates.gather();
      ScannedIndex index =
          new ScannedIndex(program, candidates.detach(), candidates.paths.build(), heads.scale());
      done = true;
      return index;
    } finally {
      if (!done) {
        program.close();
      }
    }
  }

  private void read(Path file) {
    CandidatePickle.Contents contents = CandidatePickle.read(file, this);
    if (contents.candidates() > 0 && contents.size() != columns) {
      throw new RetrievalException(misfit(contents.size()));
    }
  }

  @Override
  public void path(int index, String path) {
    paths.add(path);
  }

  @Override
  public void vector(int index, float[] vector) {
    if (vector.length != columns) {
      throw new RetrievalException(misfit(vector.length));
    }
    System.arraycopy(vector, 0, chunk, filled, columns);
    filled += columns;
    rows++;
    if (filled == chunk.length) {
      flush();
    }
  }

  private String misfit(int found) {
    return "the candidates' keys have %d numbers, model_args.json asks for ret_emb_dim %d; use the candidates that belong to the checkpoint"
        .formatted(found, columns);
  }

  private void flush() {
    if (filled == 0) {
      return;
    }
    float[] raw = filled == chunk.length ? chunk : Arrays.copyOf(chunk, filled);
    try (Scope passing = new Scope()) {
      Value keys = passing.floats(raw, filled / columns, columns);
      lost += (int) program.call(passing, "add", exact, pieces, keys).toLong();
    }
    gathered += filled / columns;
    filled = 0;
    if (gathered + chunk.length / columns > KeyStore.chunkRows(columns)) {
      gather();
    }
  }

  /** Joins what was taken in piece by piece into one chunk. */
  private void gather() {
    if (gathered > 0) {
      try (Scope passing = new Scope()) {
        program.call(passing, "gather", coarse, pieces, device.toString());
      }
      gathered = 0;
    }
  }

  private KeyStore detach() {
    scope.detach(exact);
    scope.detach(coarse);
    return new KeyStore(
        exact,
        coarse,
        Math.toIntExact(rows),
        columns,
        lost,
        KeyStorage.FP16.error(columns, 0, device),
        () -> {
          coarse.close();
          exact.close();
        });
  }
}
