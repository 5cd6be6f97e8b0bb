package io.github.gill.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.util.cuda.CudaUtils;
import io.github.gill.language.OptTokenizer;
import io.github.gill.testing.Micro;
import java.io.IOException;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Loading the native libraries tells nobody of it, not even where DJL may use the network. */
class SilentStartTest {

  @Test
  void connectsToNobody() throws Exception {
    assumeFalse(CudaUtils.hasCuda(), "DJL would fetch its CUDA build, as the README says");
    ProcessBuilder child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                SilentStartTest.class.getName())
            .redirectErrorStream(true);
    child.environment().keySet().removeAll(List.of("DJL_OFFLINE", "OPT_OUT_TRACKING"));
    Process process = child.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
  }

  /** What the forked JVM does; it ends at the first attempt to open a URL. */
  public static void main(String[] args) {
    URL.setURLStreamHandlerFactory(protocol -> protocol.startsWith("http") ? new Refusing() : null);
    Torch.version();
    OptTokenizer.read(Micro.FOLDER.resolve("lm"), 8).close();
  }

  private static final class Refusing extends URLStreamHandler {

    @Override
    protected URLConnection openConnection(URL url) throws IOException {
      System.out.println("opens " + url);
      Runtime.getRuntime().halt(3);
      throw new IOException("refused");
    }

    @Override
    protected URLConnection openConnection(URL url, Proxy proxy) throws IOException {
      return openConnection(url);
    }
  }
}
