package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.Gill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own JavaScript library against the {@code /v1} routes. */
@Timeout(240)
class OpenAiClientIT {

  private static final String CLIENT = "openai@5.23.2";

  @Test
  void pleasesTheRealClientLibrary(@TempDir Path folder) throws Exception {
    assumeTrue(works(folder, "node", "--version"), "no node on the PATH: no OpenAI client");
    assumeTrue(
        works(folder, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", CLIENT),
        "npm cannot bring " + CLIENT + ": the OpenAI client is not tried");
    Path script =
        Files.copy(Path.of("src/test/npm/openai-client.mjs"), folder.resolve("check.mjs"));
    Path picture = TestModel.MICRO.resolve("images/003.png").toRealPath();
    try (Gill gill = Gill.builder().model(TestModel.MICRO).build();
        ChatServer server = ChatServer.start(gill, onAFreePort())) {
      assertEquals(
          "openai client: models, chat, stream, pictures and errors are as it expects",
          run(folder, "node", script.toString(), server.address(), picture.toString()).strip());
    }
  }

  private static ServerOptions onAFreePort() {
    ServerOptions d = ServerOptions.DEFAULTS;
    return new ServerOptions(
        d.host(),
        0,
        d.hostNames(),
        d.queue(),
        d.perClient(),
        d.requestsPerMinute(),
        d.uploadBytes(),
        d.uploadPixels(),
        d.pictureMemory(),
        d.conversations(),
        d.expiry());
  }

  private static boolean works(Path folder, String... command) throws InterruptedException {
    try {
      run(folder, command);
      return true;
    } catch (IOException | AssertionError e) {
      return false;
    }
  }

  private static String run(Path folder, String... command)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(List.of(command))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(90, TimeUnit.SECONDS);
    process.destroyForcibly();
    String said = Files.readString(output);
    assertEquals(0, ended ? process.exitValue() : -1, said);
    return said;
  }
}
