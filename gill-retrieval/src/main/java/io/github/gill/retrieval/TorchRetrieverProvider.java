package io.github.gill.retrieval;

import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.PartReport;
import io.github.gill.spi.Retriever;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens the retrieval heads, the decision head and the candidates of a model folder.
 *
 * <p>Candidates are scanned in fp16 on the model's device; heads and exact scores are fp32 on the
 * CPU.
 */
public final class TorchRetrieverProvider implements Retriever.Provider {

  /** Makes the provider; called by {@link java.util.ServiceLoader}. */
  public TorchRetrieverProvider() {}

  @Override
  public Retriever open(ModelContext context) {
    return TorchRetriever.open(context);
  }

  @Override
  public List<PartReport> inspect(ModelContext context) {
    List<PartReport> reports = new ArrayList<>();
    reports.add(
        PartReport.of(
            "retrieval heads",
            context.trained().source(),
            ComputeDevice.CPU,
            Precision.FP32,
            () -> {
              RetrievalHeads heads = RetrievalHeads.read(context);
              return (long) Float.BYTES * heads.size() * context.hiddenSize();
            }));
    DecisionHead.file(context.folder())
        .ifPresent(
            file ->
                reports.add(
                    PartReport.of(
                        "decision head",
                        file.toString(),
                        ComputeDevice.CPU,
                        Precision.FP32,
                        () ->
                            DecisionHead.read(context.folder(), context.hiddenSize())
                                .map(head -> 2L * Float.BYTES * context.hiddenSize())
                                .orElse(0L))));
    CandidateFolder.files(context.folder())
        .forEach(
            file ->
                reports.add(
                    PartReport.of(
                        "candidates",
                        file.toString(),
                        ComputeDevice.CPU,
                        Precision.FP32,
                        () -> CandidateFolder.bytes(file))));
    if (context.device().cuda()) {
      CandidateFolder.files(context.folder())
          .forEach(
              file ->
                  reports.add(
                      PartReport.of(
                          "candidates in fp16",
                          file.toString(),
                          context.device(),
                          Precision.FP16,
                          () -> scannedBytes(context.folder(), file))));
    }
    return reports;
  }

  /** The originals keep 4 bytes for each of the numbers that are most of them. */
  private static long scannedBytes(Path folder, Path file) {
    return file.equals(CandidateFolder.index(folder))
        ? IndexFile.coarseBytes(file)
        : file.toFile().length() / 2;
  }
}
