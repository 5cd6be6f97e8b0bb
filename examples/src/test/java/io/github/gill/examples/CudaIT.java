package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.Answer;
import io.github.gill.AnswerPart;
import io.github.gill.AnswerSettings;
import io.github.gill.DecisionMode;
import io.github.gill.DiffusionSettings;
import io.github.gill.Gill;
import io.github.gill.Prompt;
import io.github.gill.runtime.ComputeDevice;
import io.github.gill.runtime.Precision;
import io.github.gill.runtime.Quantization;
import io.github.gill.runtime.Torch;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole model on the first CUDA device against the CPU; skipped where there is none. */
class CudaIT {

  private static final Path MICRO = Path.of("../gill-core/src/test/resources/micro");

  /**
   * Tokens and the best candidate equal in fp32; in every precision an answer of the same form. The
   * mean colour difference of the picture stays under 2 of 255 in fp32.
   */
  @ParameterizedTest
  @EnumSource
  void answersAsOnTheCpu(Precision precision) {
    assumeTrue(Torch.cudaDevices() > 0, "libtorch has no CUDA device here");
    Answer cpu = answer(ComputeDevice.CPU, Precision.FP32);
    Answer cuda = answer(ComputeDevice.cuda(0), precision);
    AnswerPart.Image expected = cpu.images().get(0);
    AnswerPart.Image found = cuda.images().get(0);
    assertNotNull(found.generated().get(0).image());
    assertEquals(expected.retrieved().size(), found.retrieved().size());
    if (precision == Precision.FP32) {
      assertEquals(cpu.tokens(), cuda.tokens());
      assertEquals(expected.retrieved().get(0).index(), found.retrieved().get(0).index());
      double difference =
          difference(expected.generated().get(0).image(), found.generated().get(0).image());
      assertTrue(difference < 2, "pictures differ by " + difference + " of 255");
    }
  }

  /** Diffusion is on a second device where there is one, else on the CPU. */
  @ParameterizedTest
  @EnumSource
  void sharesAShrunkModelWithAnotherDevice(Quantization quantization) {
    assumeTrue(Torch.cudaDevices() > 0, "libtorch has no CUDA device here");
    try (Gill gill =
        Gill.builder()
            .model(MICRO)
            .device(ComputeDevice.cuda(0))
            .diffusionDevice(Torch.cudaDevices() > 1 ? ComputeDevice.cuda(1) : ComputeDevice.CPU)
            .quantization(quantization)
            .build()) {
      Answer answer = answer(gill);
      assertNotNull(answer.images().get(0).generated().get(0).image());
      assertEquals(answer.tokens(), answer(gill).tokens());
    }
  }

  private static Answer answer(ComputeDevice device, Precision precision) {
    try (Gill gill = Gill.builder().model(MICRO).device(device).precision(precision).build()) {
      return answer(gill);
    }
  }

  private static Answer answer(Gill gill) {
    return gill.answer(
        Prompt.builder().image(MICRO.resolve("images/001.png")).text("A picture of").build(),
        AnswerSettings.builder()
            .numWords(4)
            .minWordTokens(2)
            .forceImage()
            .decision(DecisionMode.BOTH)
            .diffusion(DiffusionSettings.builder().steps(4).safetyChecker(false).build())
            .build());
  }

  private static double difference(BufferedImage a, BufferedImage b) {
    double sum = 0;
    for (int y = 0; y < a.getHeight(); y++) {
      for (int x = 0; x < a.getWidth(); x++) {
        for (int shift = 0; shift <= 16; shift += 8) {
          sum += Math.abs((a.getRGB(x, y) >> shift & 0xff) - (b.getRGB(x, y) >> shift & 0xff));
        }
      }
    }
    return sum / (3.0 * a.getWidth() * a.getHeight());
  }
}
