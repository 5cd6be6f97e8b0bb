package io.github.gill.examples.cli;

import io.github.gill.cuda.CudaDevice;
import io.github.gill.cuda.CudaDevices;
import io.github.gill.cuda.CudaReport;
import io.github.gill.memory.MemoryPlan;
import io.github.gill.runtime.Torch;
import io.github.gill.spi.PartReport;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gill doctor}: says what would run where, and what keeps it from running. */
@Command(
    name = "doctor",
    description = "Check the engine, the devices and the model's files; load nothing.")
final class DoctorCommand implements Callable<Integer> {

  private static final double GIBIBYTE = 1L << 30;

  @Mixin EngineOptions engine = new EngineOptions();

  @Spec CommandSpec spec;

  DoctorCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "engine   libtorch %s on %s %s, Java %s, %d threads%n",
        Torch.version(),
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        System.getProperty("java.version"),
        Torch.threads());
    printDevices(out);
    boolean runs = true;
    MemoryPlan plan = engine.builder().plan();
    for (PartReport report : plan.parts()) {
      if (report.problem() == null) {
        out.printf(
            Locale.ROOT,
            "%-9s%-24s %8.3f GiB, at work %.3f more, %s on %s  %s%n",
            "ok",
            report.part(),
            report.weightBytes() / GIBIBYTE,
            report.workingBytes() / GIBIBYTE,
            report.precision(),
            report.device(),
            report.source());
      } else {
        out.printf("%-9s%-22s %s%n", "PROBLEM", report.part(), report.problem());
      }
      runs &= report.problem() == null;
    }
    for (MemoryPlan.Share share : plan.devices()) {
      out.printf(
          Locale.ROOT,
          "memory   %.3f GiB on %s with the process's own %.3f%s%n",
          share.needed() / GIBIBYTE,
          share.device(),
          share.process() / GIBIBYTE,
          share.available().isPresent()
              ? String.format(
                  Locale.ROOT, ", of %.3f available", share.available().getAsLong() / GIBIBYTE)
              : "");
    }
    out.println("settings " + plan.settings());
    if (!plan.fits()) {
      out.println("PROBLEM  " + plan.shortage());
      runs = false;
    }
    out.println(runs ? "the model can run" : "the model cannot run; mend the problems above");
    out.flush();
    return runs ? 0 : 1;
  }

  private static void printDevices(PrintWriter out) {
    CudaReport report = CudaDevices.discover();
    if (report instanceof CudaReport.Absent absent) {
      out.println("cuda     " + absent.reason());
    } else if (report instanceof CudaReport.Found found) {
      for (CudaDevice device : found.devices()) {
        out.printf(
            Locale.ROOT,
            "cuda:%-4d%s, capability %d.%d, %.1f of %.1f GiB free, driver %s%n",
            device.index(),
            device.name(),
            device.major(),
            device.minor(),
            device.freeBytes() / GIBIBYTE,
            device.totalBytes() / GIBIBYTE,
            found.driver());
      }
      if (Torch.cudaDevices() == 0) {
        out.println(
            "WARNING  libtorch on the class path cannot use CUDA; everything runs on the CPU");
      }
    }
  }
}
