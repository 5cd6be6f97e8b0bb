package io.github.gill.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what the library offers. */
class ReadmeTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

  private static final String AROUND =
      """
      import io.github.gill.*;
      import io.github.gill.examples.metrics.MicrometerMetrics;
      import io.github.gill.runtime.*;
      import io.micrometer.core.instrument.MeterRegistry;
      import java.awt.image.BufferedImage;
      import java.io.File;
      import java.nio.file.Path;
      import javax.imageio.ImageIO;
      class Snippet%d {
        void run(Path folder, MeterRegistry registry) throws Exception {
      %s
        }
      }
      """;

  @Test
  void snippetsCompile(@TempDir Path classes) throws IOException {
    List<JavaFileObject> sources = new ArrayList<>();
    Matcher snippet = SNIPPET.matcher(readme());
    while (snippet.find()) {
      sources.add(source(sources.size(), AROUND.formatted(sources.size(), snippet.group(1))));
    }
    assertTrue(sources.size() >= 2, "the README has snippets");

    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter errors = new StringWriter();
    List<String> options =
        List.of(
            "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString());

    assertTrue(
        compiler.getTask(errors, null, null, options, null, sources).call(), errors::toString);
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    Matcher link = LINK.matcher(readme());
    List<String> broken = new ArrayList<>();
    while (link.find()) {
      if (!Files.exists(ROOT.resolve(link.group(1)))) {
        broken.add(link.group(1));
      }
    }
    assertEquals(List.of(), broken);
  }

  private static String readme() throws IOException {
    return Files.readString(ROOT.resolve("README.md"));
  }

  private static JavaFileObject source(int number, String code) {
    return new SimpleJavaFileObject(
        URI.create("string:///Snippet" + number + ".java"), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return code;
      }
    };
  }
}
