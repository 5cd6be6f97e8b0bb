package io.github.gill.examples.bench;

import io.github.gill.ModelFolder;
import io.github.gill.language.ModelArgs;
import io.github.gill.language.OptTokenizer;
import io.github.gill.vision.ImagePreprocessor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What comes before the networks: text to tokens, pictures to pixel values. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class InputBenchmark {

  /** A model folder; the fixture of the tests by default. */
  @Param("../gill-core/src/test/resources/micro")
  public String model;

  private OptTokenizer tokenizer;
  private ImagePreprocessor preprocessor;
  private BufferedImage photo;

  /** Opens the tokenizer and makes a photo of 3 megapixels. */
  @Setup
  public void open() {
    Path root = Path.of(model);
    ModelArgs args = ModelArgs.read(root);
    ModelFolder folder = ModelFolder.of(root);
    tokenizer = OptTokenizer.read(folder.languageModel(args), args.imageTokens());
    preprocessor = ImagePreprocessor.read(folder.vision(args), 224);
    photo = new BufferedImage(2048, 1536, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int y = 0; y < photo.getHeight(); y++) {
      for (int x = 0; x < photo.getWidth(); x++) {
        photo.setRGB(x, y, random.nextInt());
      }
    }
  }

  /** Closes the tokenizer. */
  @TearDown
  public void close() {
    tokenizer.close();
  }

  /** Text to tokens. */
  @Benchmark
  public long[] tokenize() {
    return tokenizer.encode("Q: What should I know before I bake this cake with [IMG0]?", true);
  }

  /** A photo to the image encoder's pixel values. */
  @Benchmark
  public float[] preprocess() {
    return preprocessor.pixelValues(photo);
  }
}
