package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.EngineFailureException;
import io.github.gill.GillException;
import io.github.gill.InsufficientMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineErrorsTest {

  /** Messages of libtorch 2.7, cuBLAS and the C++ runtime, thrown by a program. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB",
        "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory:"
            + " you tried to allocate 140737488355328 bytes. Error code 12 (Cannot allocate"
            + " memory)",
        "DefaultCPUAllocator: not enough memory: you tried to allocate 140737488355328 bytes.",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "std::bad_alloc"
      })
  void tellsThatMemoryRanOut(String message) {
    GillException e = failure(message);
    assertEquals(InsufficientMemoryException.class, e.getClass(), e.getMessage());
    assertTrue(e.getMessage().contains(message.substring(0, 12)), e.getMessage());
    assertTrue(e.getMessage().contains("ask for fewer or smaller pictures"), e.getMessage());
  }

  @Test
  void leavesOtherFailuresAsTheyAre() {
    assertEquals(
        EngineFailureException.class,
        failure("mat1 and mat2 shapes cannot be multiplied").getClass());
  }

  private static GillException failure(String message) {
    String source =
        """
        def fail(self: __torch__.Net) -> int:
          ops.prim.RaiseException("%s", "builtins.RuntimeError")
          return 1
        """
            .formatted(message);
    try (Program program = Program.compile("failing", source);
        Scope scope = new Scope()) {
      return assertThrows(GillException.class, () -> program.call(scope, "fail"));
    }
  }
}
